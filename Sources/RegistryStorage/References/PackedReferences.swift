package import RegistryModel

/// What a manifest refers to, in the form in which it is kept for ever.
///
/// Only SHA-256 digests are held: blobs of other algorithms are never swept.
package struct PackedReferences: Sendable, Equatable {
    /// What the bytes that a digest names are.
    package enum Content: UInt8, Sendable {
        case image = 0
        case index = 1
        /// No manifest of any format: an index may hold such content, as BuildKit's caches do.
        case notAManifest = 2
    }

    package var content: Content
    /// Whether it refers to a manifest by another algorithm, whose own references stay unknown.
    package var hasForeignManifests: Bool
    /// All that an index holds, mostly manifests.
    package var children: [PackedDigest]
    /// The manifest that it is a referrer of.
    package var subject: PackedDigest?
    /// Configuration and layers.
    package var blobs: [PackedDigest]

    package init(_ manifest: ManifestContent) {
        content = manifest.isIndex ? .index : .image
        children = manifest.children.compactMap { PackedDigest($0.digest) }
        subject = manifest.subject.flatMap { PackedDigest($0) }
        blobs = manifest.blobs.compactMap { PackedDigest($0.digest) }
        hasForeignManifests =
            children.count < manifest.children.count
            || (manifest.subject != nil && subject == nil)
        guard manifest.isIndex else { return }
        // An index may lie about what it holds: what is a manifest after all stays as one.
        children += blobs
        blobs = []
    }

    /// Those of an image: configuration and layers, each once.
    init(image blobs: [PackedDigest], subject: PackedDigest?) {
        self.init(.image)
        self.blobs = blobs
        self.subject = subject
    }

    private init(_ content: Content) {
        self.content = content
        hasForeignManifests = false
        children = []
        blobs = []
    }

    /// What is known of content that is no manifest: it refers to nothing.
    package static let none = PackedReferences(.notAManifest)
}

extension PackedReferences {
    /// Reads what `bytes` wrote; nil for another version or anything damaged, which means that the
    /// manifest has to be read again.
    package init?(raw bytes: UnsafeRawBufferPointer) {
        let size = PackedDigest.byteCount
        guard bytes.count >= Self.headLength, bytes[0] == Self.version else { return nil }
        let flags = bytes[1]
        guard let content = Content(rawValue: flags & Self.contentMask),
            flags & ~(Self.contentMask | Self.foreignFlag | Self.subjectFlag) == 0
        else { return nil }
        let childCount = Int(
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt32.self))
        )
        let subjectCount = flags & Self.subjectFlag != 0 ? 1 : 0
        let (count, rest) = (bytes.count - Self.headLength).quotientAndRemainder(dividingBy: size)
        guard rest == 0, count >= childCount + subjectCount else { return nil }
        func digests(_ range: Range<Int>) -> [PackedDigest] {
            range.compactMap { number in
                let start = Self.headLength + number * size
                return PackedDigest(
                    raw: UnsafeRawBufferPointer(rebasing: bytes[start..<(start + size)])
                )
            }
        }
        self.init(content)
        hasForeignManifests = flags & Self.foreignFlag != 0
        children = digests(0..<childCount)
        subject = digests(childCount..<(childCount + subjectCount)).first
        blobs = digests((childCount + subjectCount)..<count)
    }

    /// A version, flags, the number of children (32 bits, little-endian), then the digests: the
    /// children's, the subject's, the blobs'.
    package var bytes: [UInt8] {
        var bytes = [Self.version, flags]
        for shift in [0, 8, 16, 24] {
            bytes.append(UInt8(truncatingIfNeeded: children.count >> shift))
        }
        for digest in children { bytes += digest.bytes }
        if let subject { bytes += subject.bytes }
        for digest in blobs { bytes += digest.bytes }
        return bytes
    }

    private var flags: UInt8 {
        content.rawValue | (hasForeignManifests ? Self.foreignFlag : 0)
            | (subject == nil ? 0 : Self.subjectFlag)
    }

    /// Raised whenever manifests are read in another way; 2 since fields that come twice are.
    private static let version: UInt8 = 2
    /// Its version, flags and the number of children.
    private static let headLength = 6
    private static let contentMask: UInt8 = 3
    private static let foreignFlag: UInt8 = 4
    private static let subjectFlag: UInt8 = 8
}
