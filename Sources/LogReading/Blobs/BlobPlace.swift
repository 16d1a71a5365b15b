import Foundation
package import RegistryModel

/// A container of Azure Blob storage, or what lies in it below a prefix, with the right to read it.
///
/// Written as a container's address with a shared access signature:
/// `https://ACCOUNT.blob.core.windows.net/CONTAINER[/PREFIX]?sv=…&sig=…`. Where the host is an
/// address or `localhost`, as emulators have it, the account is the first part of the path
/// (Azure Storage, "Naming and referencing containers, blobs, and metadata").
package struct BlobPlace: Sendable, Hashable, CustomStringConvertible {
    /// Scheme, host and container, without a slash at the end.
    package let container: String
    /// What the names of its blobs begin with; empty for all.
    package let prefix: String
    /// The shared access signature: a query, without its question mark.
    package let signature: Secret

    /// The address without the signature.
    package var description: String { prefix.isEmpty ? container : "\(container)/\(prefix)" }

    /// Why a text is no such address; never with the text, which holds the signature.
    package enum Flaw: Error, Sendable, Equatable, CustomStringConvertible {
        case scheme
        case host
        case container
        case signature

        package var description: String {
            switch self {
            case .scheme:
                "wants https://; write https://ACCOUNT.blob.core.windows.net/CONTAINER?SAS"
            case .host:
                "has no valid host; write https://ACCOUNT.blob.core.windows.net/CONTAINER?SAS"
            case .container:
                "names no container; write https://ACCOUNT.blob.core.windows.net/CONTAINER?SAS"
            case .signature:
                "has no shared access signature (sig=…); make one for the container with the"
                    + " rights to read and to list"
            }
        }
    }

    package init(_ text: String) throws(Flaw) {
        let pieces = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let colon = pieces[0].firstRange(of: "://") else { throw .scheme }
        let scheme = pieces[0][..<colon.lowerBound].lowercased()
        guard scheme == "https" || scheme == "http" else { throw .scheme }
        let parts = pieces[0][colon.upperBound...].split(
            separator: "/",
            omittingEmptySubsequences: false
        )
        let host = String(parts[0])
        guard Self.isHost(host) else { throw .host }
        // An emulator has the account in the path.
        let names = Self.isAddress(host) ? 2 : 1
        guard parts.count > names, parts[1...names].allSatisfy(Self.isName) else {
            throw .container
        }
        guard pieces.count == 2, let query = Self.signature(pieces[1]) else { throw .signature }
        container = "\(scheme)://\(host)/\(parts[1...names].joined(separator: "/"))"
        let rest = parts.dropFirst(names + 1).joined(separator: "/")
        prefix = rest.removingPercentEncoding ?? rest
        signature = Secret(query)
    }

    private static func isHost(_ host: String) -> Bool {
        guard URLComponents(string: "https://\(host)")?.host?.isEmpty == false else { return false }
        return host.utf8.allSatisfy { byte in
            UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
                || ".-:[]".utf8.contains(byte)
        }
    }

    private static func isAddress(_ host: String) -> Bool {
        let name = host.prefix { $0 != ":" }
        return host.hasPrefix("[") || name == "localhost"
            || name.allSatisfy { $0 == "." || $0.isASCII && $0.isNumber }
    }

    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.allSatisfy {
                $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "$")
            }
    }

    /// The query as it is to be sent again; nil without a signature in it.
    private static func signature(_ query: Substring) -> String? {
        guard query.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return nil }
        let fields = query.split(separator: "&")
        return fields.contains { $0.hasPrefix("sig=") && $0.count > 4 } ? String(query) : nil
    }
}
