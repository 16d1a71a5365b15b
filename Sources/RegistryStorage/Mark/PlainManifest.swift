import EventDecoding
import RegistryModel

/// An image's manifest as tools write it, read in a tenth of the time that a general decoder takes: a
/// first mark of a large disk spends a quarter of its time on that.
///
/// It understands a part of what ``ManifestContent`` does, and that alike; whatever is not quite plain
/// (another format, a field that comes twice or in another spelling, an escape, another kind of value,
/// another algorithm) is left to it.
struct PlainManifest {
    private var reader: JSONReader
    private var mediaType: Bool?
    private var config: [PackedDigest]?
    private var layers: [PackedDigest]?
    private var subject: [PackedDigest]?
    private var hasVersion = false

    /// What an image's manifest refers to; nil where that is to be found out by other means.
    static func references(of bytes: [UInt8]) -> PackedReferences? {
        bytes.withUnsafeBytes { bytes in
            var manifest = PlainManifest(reader: JSONReader(bytes))
            do throws(DecodingFailure) {
                return try manifest.read()
            } catch {
                return nil
            }
        }
    }

    private init(reader: JSONReader) { self.reader = reader }

    private mutating func read() throws(DecodingFailure) -> PackedReferences? {
        try reader.enterObject()
        while let key = try reader.nextKey() {
            guard !key.isEscaped else { return nil }
            if key.equals("mediaType") {
                guard mediaType == nil, try isOfImage() else { return nil }
                mediaType = true
            } else if key.equals("config") {
                guard config == nil, let read = try descriptor() else { return nil }
                config = [read]
            } else if key.equals("layers") {
                guard layers == nil, let read = try descriptors() else { return nil }
                layers = read
            } else if key.equals("subject") {
                guard subject == nil, let read = try descriptor() else { return nil }
                subject = [read]
            } else if key.equals("schemaVersion") {
                guard !hasVersion else { return nil }
                try reader.skipValue()
                hasVersion = true
            } else {
                guard Self.isOther(key, than: Self.fields) else { return nil }
                try reader.skipValue()
            }
        }
        try reader.finish()
        guard let config, let layers else { return nil }
        var seen: Set<PackedDigest> = []
        return PackedReferences(
            image: (config + layers).filter { seen.insert($0).inserted },
            subject: subject?.first
        )
    }

    /// Whether the next value is the name of an image's format.
    private mutating func isOfImage() throws(DecodingFailure) -> Bool {
        guard try reader.peek() == UInt8(ascii: "\"") else { return false }
        let text = try reader.string()
        return !text.isEscaped && Self.imageTypes.contains { text.equals($0) }
    }

    private mutating func descriptors() throws(DecodingFailure) -> [PackedDigest]? {
        guard try reader.peek() == UInt8(ascii: "[") else { return nil }
        try reader.enterArray()
        var found: [PackedDigest] = []
        while try reader.nextItem() {
            guard let digest = try descriptor() else { return nil }
            found.append(digest)
        }
        return found
    }

    /// The digest of a descriptor, all of which is plain.
    private mutating func descriptor() throws(DecodingFailure) -> PackedDigest? {
        guard try reader.peek() == UInt8(ascii: "{") else { return nil }
        try reader.enterObject()
        var digest: PackedDigest?
        var hasSize = false
        var hasType = false
        while let key = try reader.nextKey() {
            guard !key.isEscaped else { return nil }
            if key.equals("digest") {
                guard digest == nil, try reader.peek() == UInt8(ascii: "\"") else { return nil }
                let text = try reader.string()
                guard !text.isEscaped, text.bytes.count == Self.digestLength else { return nil }
                digest = PackedDigest(link: text.bytes)
                guard digest != nil else { return nil }
            } else if key.equals("size") {
                guard !hasSize, Self.digits.contains(try reader.peek()) else { return nil }
                guard try reader.number().wholeNumber != nil else { return nil }
                hasSize = true
            } else if key.equals("mediaType") {
                guard !hasType, try reader.peek() == UInt8(ascii: "\"") else { return nil }
                try reader.skipValue()
                hasType = true
            } else {
                guard Self.isOther(key, than: Self.fieldsOfDescriptor) else { return nil }
                try reader.skipValue()
            }
        }
        return digest
    }

    /// Whether a key surely is none of `names`, for a reader that ignores case, too.
    @inline(__always)
    private static func isOther(_ key: JSONText, than names: [StaticString]) -> Bool {
        guard key.bytes.allSatisfy({ $0 < 0x80 }) else { return false }
        return !names.contains {
            key.bytes.count == $0.utf8CodeUnitCount && key.equals(ignoringCase: $0)
        }
    }

    private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    /// `sha256:` and the digits.
    private static let digestLength = 71
    private static let imageTypes: [StaticString] = [
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ]
    /// What it reads, in lower case, and what makes another format.
    private static let fields: [StaticString] = [
        "mediatype", "config", "layers", "subject", "manifests", "blobs", "fslayers",
        "schemaversion",
    ]
    private static let fieldsOfDescriptor: [StaticString] = [
        "mediatype", "digest", "size", "urls",
    ]
}
