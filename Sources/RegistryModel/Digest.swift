/// A content digest, `algorithm:hex`, that cannot hold an invalid value.
///
/// Grammar: OCI image specification, descriptor, section "Digests". SHA-256 and SHA-512 must have
/// their exact length; other registered algorithms are taken as they come.
package struct Digest: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The whole text, `sha256:…`.
    package let description: String

    /// Parses `text`, or returns nil when it is not a digest.
    ///
    /// Concrete, for a generic one is some thirty times slower when another module calls it, and
    /// every event that is heard comes through here.
    package init?(_ text: String) {
        var text = text
        guard text.withUTF8(Self.isDigest) else { return nil }
        description = text
    }

    /// Parses `text`, or returns nil when it is not a digest.
    package init?(_ text: some StringProtocol) { self.init(String(text)) }

    /// Takes `text` as it is; only for what was made by hashing, or a digest before.
    init(unchecked text: String) { description = text }

    /// The part before the colon.
    package var algorithm: Substring { description[..<colon] }

    /// The part after the colon.
    package var encoded: Substring { description[description.utf8.index(after: colon)...] }

    /// Looked for among bytes, which is quicker than among characters; there is always one.
    private var colon: String.Index {
        description.utf8.firstIndex(of: UInt8(ascii: ":")) ?? description.startIndex
    }

    /// The first twelve characters after the colon, for people.
    package var short: Substring { encoded.prefix(12) }

    package static func < (left: Digest, right: Digest) -> Bool {
        left.description < right.description
    }

    /// Longer texts are refused: no registered algorithm comes near.
    private static let longest = 256
}

extension Digest {
    private static func isDigest(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count <= longest, let colon = text.firstIndex(of: UInt8(ascii: ":")) else {
            return false
        }
        let algorithm = text[..<colon]
        let encoded = text[(colon + 1)...]
        if algorithm.elementsEqual("sha256".utf8) {
            return encoded.count == 64 && encoded.allSatisfy(isLowerHex)
        }
        if algorithm.elementsEqual("sha512".utf8) {
            return encoded.count == 128 && encoded.allSatisfy(isLowerHex)
        }
        return isAlgorithm(algorithm) && !encoded.isEmpty && encoded.allSatisfy(isEncoded)
    }

    /// Whether it is words of lower case letters and digits, with single separators between them.
    private static func isAlgorithm(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        var previousWasSeparator = true
        for byte in text {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                previousWasSeparator = false
            case UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                guard !previousWasSeparator else { return false }
                previousWasSeparator = true
            default: return false
            }
        }
        return !previousWasSeparator
    }

    private static func isLowerHex(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }

    private static func isEncoded(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "="), UInt8(ascii: "_"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
