/// A content digest, `algorithm:hex`, that cannot hold an invalid value.
///
/// Grammar: OCI image specification, descriptor, section "Digests". SHA-256 and SHA-512 must have
/// their exact length; other registered algorithms are taken as they come.
package struct Digest: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The whole text, `sha256:…`.
    package let description: String

    /// Parses `text`, or returns nil when it is not a digest.
    package init?(_ text: some StringProtocol) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let algorithm = text.utf8[..<colon]
        let encoded = text.utf8[text.utf8.index(after: colon)...]
        guard !algorithm.isEmpty, !encoded.isEmpty, text.utf8.count <= Self.longest else {
            return nil
        }
        var previousWasSeparator = true
        for byte in algorithm {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                previousWasSeparator = false
            case UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                guard !previousWasSeparator else { return nil }
                previousWasSeparator = true
            default: return nil
            }
        }
        guard !previousWasSeparator else { return nil }
        let isLowerHex = encoded.allSatisfy {
            ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
                || ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "f"))
        }
        switch String(decoding: algorithm, as: UTF8.self) {
        case "sha256": guard isLowerHex, encoded.count == 64 else { return nil }
        case "sha512": guard isLowerHex, encoded.count == 128 else { return nil }
        default:
            let isEncoded = encoded.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "="), UInt8(ascii: "_"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
            guard isEncoded else { return nil }
        }
        description = String(text)
    }

    /// Takes `text` as it is; only for what was made by hashing.
    init(unchecked text: String) { description = text }

    /// The part before the colon.
    package var algorithm: Substring { description.prefix { $0 != ":" } }

    /// The part after the colon.
    package var encoded: Substring { description.drop { $0 != ":" }.dropFirst() }

    /// The first twelve characters after the colon, for people.
    package var short: Substring { encoded.prefix(12) }

    package static func < (left: Digest, right: Digest) -> Bool {
        left.description < right.description
    }

    /// Longer texts are refused: no registered algorithm comes near.
    private static let longest = 256
}
