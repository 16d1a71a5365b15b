import Foundation

/// Where a registry is: scheme, host, port and, behind a proxy, a path above `/v2/`.
///
/// http or https only; user, password, query and fragment are refused.
package struct RegistryAddress: Sendable, Equatable, CustomStringConvertible {
    /// `https`, `registry.example.com`, 443: what credentials are meant for.
    struct Origin: Sendable, Equatable {
        let scheme: String
        let host: String
        let port: Int

        init?(_ components: URLComponents) {
            let scheme = components.scheme?.lowercased()
            guard let scheme, scheme == "http" || scheme == "https" else { return nil }
            guard let host = components.host?.lowercased(), !host.isEmpty else { return nil }
            guard components.user == nil, components.password == nil else { return nil }
            self.scheme = scheme
            self.host = host
            port = components.port ?? (scheme == "https" ? 443 : 80)
        }

        var isSecure: Bool { scheme == "https" }

        /// Whether packets to it can't leave this machine.
        var isLoopback: Bool {
            let name = host.trimmingCharacters(in: ["[", "]"])
            let parts = name.split(separator: ".", omittingEmptySubsequences: false)
            let isIPv4 = parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
            return name == "localhost" || name == "::1" || (isIPv4 && parts[0] == "127")
        }
    }

    let origin: Origin
    /// Without a slash at the end.
    package let description: String
    private let base: String

    /// Parses `text`, or returns nil when it is not the address of a registry.
    package init?(_ text: String) {
        guard let components = URLComponents(string: text), let origin = Origin(components),
            components.query == nil, components.fragment == nil
        else { return nil }
        self.origin = origin
        var path = components.percentEncodedPath
        while path.hasSuffix("/") { path.removeLast() }
        var root = URLComponents()
        root.scheme = origin.scheme
        root.percentEncodedHost = components.percentEncodedHost
        root.port = components.port
        guard let base = root.string else { return nil }
        self.base = base
        description = base + path
    }

    /// The URL of a path of the API, such as `/v2/`.
    func url(_ path: String) -> String { description + path }

    /// What a `Link` or `Location` field leads to, relative to the request or absolute, as a URL of
    /// this registry (RFC 3986, section 5).
    ///
    /// Scheme and port stay ours: behind a proxy that ends TLS, registries name the ones they see,
    /// and credentials would follow them.
    ///
    /// - Returns: nil when it leads to another host, or is no such address.
    func resolve(_ target: String, from request: String) -> String? {
        guard let start = URL(string: request),
            let url = URL(string: target, relativeTo: start)?.absoluteURL,
            let components = URLComponents(url: url, resolvingAgainstBaseURL: true),
            let origin = Origin(components), origin.host == self.origin.host
        else { return nil }
        let query = components.percentEncodedQuery.map { "?\($0)" } ?? ""
        return base + components.percentEncodedPath + query
    }

    /// The other host that such a field names; nil where it names none.
    func host(of target: String) -> String? {
        let host = URL(string: target, relativeTo: URL(string: description))?.host
        return host.flatMap { $0.isEmpty || $0.lowercased() == origin.host ? nil : $0 }
    }
}

extension String {
    /// Percent-encoded for the value of a query, or for one component of a path.
    var percentEncoded: String {
        var text = ""
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }
}
