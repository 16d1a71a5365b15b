/// A tag's name that cannot hold an invalid value.
///
/// Grammar: OCI distribution specification, section "Pulling manifests".
package struct TagName: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let description: String

    /// Parses `text`, or returns nil when it is not a tag.
    package init?(_ text: String) {
        var text = text
        guard text.withUTF8(Self.isName) else { return nil }
        description = text
    }

    /// Parses `text`, or returns nil when it is not a tag.
    package init?(_ text: some StringProtocol) { self.init(String(text)) }

    /// Takes `text` as it is; only for what was a name before.
    init(unchecked text: String) { description = text }

    package static func < (left: TagName, right: TagName) -> Bool {
        left.description < right.description
    }

    private static func isName(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = text.first, text.count <= longest, isWord(first) else { return false }
        return text.allSatisfy {
            isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
        }
    }

    private static let longest = 128

    /// Whether a tag may hold this character.
    package static func mayHold(_ character: Character) -> Bool {
        TagName("a\(character)") != nil
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension TagName {
    /// The digest of the manifest that a signature or fallback tag belongs to, or nil for an
    /// ordinary tag.
    ///
    /// `sha256-<64 hex>` is the fallback scheme of the OCI distribution specification, section
    /// "Referrers tag schema"; with the ending `.sig`, `.att` or `.sbom` it is cosign's.
    package var subject: Digest? {
        let stem = description.prefix { $0 != "." }
        let ending = description.dropFirst(stem.count)
        guard ["", ".sig", ".att", ".sbom"].contains(ending) else { return nil }
        guard let dash = stem.firstIndex(of: "-") else { return nil }
        // No other algorithm: `alpine-3` would be a digest too, and SHA-512 is too long for a tag.
        guard stem[..<dash] == "sha256" else { return nil }
        return Digest("sha256:\(stem[stem.index(after: dash)...])")
    }
}
