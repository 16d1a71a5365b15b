package import RegistryModel

/// The 32 bytes of a SHA-256 digest, as a value that tables of millions hold.
///
/// Digests of other algorithms have none: what they name is never swept.
package struct PackedDigest: Sendable, Hashable, Comparable {
    /// The bytes, first to last, as big-endian numbers: they sort as their hexadecimal text does.
    let words: (UInt64, UInt64, UInt64, UInt64)

    init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// Packs a digest; nil unless it is SHA-256.
    package init?(_ digest: Digest) {
        var text = digest.description
        let packed = text.withUTF8 { utf8 -> PackedDigest? in
            guard utf8.count == Self.prefix.utf8CodeUnitCount + 64 else { return nil }
            return PackedDigest(link: UnsafeRawBufferPointer(utf8))
        }
        guard let packed else { return nil }
        self = packed
    }

    /// Packs 32 bytes; nil for any other number of them.
    package init?(bytes: [UInt8]) {
        guard let packed = bytes.withUnsafeBytes({ PackedDigest(raw: $0) }) else { return nil }
        self = packed
    }

    /// Packs 32 bytes; nil for any other number of them.
    package init?(raw bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.byteCount else { return nil }
        func word(_ index: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
        }
        words = (word(0), word(1), word(2), word(3))
    }

    package var bytes: [UInt8] { withBytes { Array($0) } }

    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let parts = (
            words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian
        )
        return withUnsafeBytes(of: parts, body)
    }

    package static func == (left: PackedDigest, right: PackedDigest) -> Bool {
        left.words == right.words
    }

    package static func < (left: PackedDigest, right: PackedDigest) -> Bool {
        left.words < right.words
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }

    package static let byteCount = 32
    static let prefix: StaticString = "sha256:"
}
