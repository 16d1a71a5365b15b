import Foundation

extension ManifestContent {
    /// The largest manifest that is read, in bytes; distribution takes 4 MiB.
    package static let longest = 16_000_000

    /// Reads what a manifest refers to.
    ///
    /// The format is what `mediaType` says, else what the body says, else what fields it has.
    /// Annotations and platforms are ignored; layers that are stored elsewhere are references like
    /// others, but have no size. Whatever is not understood is an error, never an empty list; but where
    /// the format is known, a list that is null or missing is empty, for programs in Go write null for
    /// it. A media type that says nothing, such as `text/plain`, is as good as none. A field that
    /// another reader could find elsewhere is an error, too: see ``ManifestKeys``.
    package init(parsing bytes: [UInt8], mediaType: String?) throws(ManifestError) {
        guard bytes.count <= Self.longest else { throw .tooLarge(bytes: bytes.count) }
        let fields: ManifestFields
        do {
            fields = try JSONDecoder().decode(ManifestFields.self, from: Data(bytes))
        } catch DecodingError.dataCorrupted {
            throw .notJSON
        } catch DecodingError.keyNotFound(let key, _) {
            throw .malformed(key.stringValue)
        } catch DecodingError.typeMismatch(_, let context) {
            throw .malformed(context.codingPath.first?.stringValue ?? "")
        } catch {
            throw .malformed("")
        }
        try ManifestKeys.check(bytes)
        let type = Self.specific(mediaType) ?? fields.mediaType ?? fields.likelyMediaType
        guard let type else { throw .unknownFormat(nil) }
        self.init(mediaType: type)
        switch type {
        case MediaType.ociIndex, MediaType.dockerList: try takeIndex(fields)
        case MediaType.ociManifest, MediaType.dockerManifest: try takeImage(fields)
        case MediaType.ociArtifact: try takeArtifact(fields)
        case MediaType.schema1, MediaType.schema1Signed: try takeSchema1(fields)
        default: throw .unknownFormat(type)
        }
    }

    private mutating func takeIndex(_ fields: ManifestFields) throws(ManifestError) {
        guard fields.config == nil, fields.layers == nil, !fields.hasBlobs, !fields.hasFSLayers
        else { throw .ambiguous }
        isIndex = true
        let all = fields.manifests ?? []
        children = try Self.descriptors(all.filter { !$0.isBlob }, "manifests")
        blobs = Self.distinct(try Self.descriptors(all.filter(\.isBlob), "manifests"))
        subject = try Self.subject(fields)
    }

    private mutating func takeImage(_ fields: ManifestFields) throws(ManifestError) {
        guard fields.manifests == nil, !fields.hasBlobs, !fields.hasFSLayers else {
            throw .ambiguous
        }
        guard let config = fields.config else { throw .malformed("config") }
        blobs = try Self.descriptors([config], "config")
        blobs += try Self.descriptors(fields.layers ?? [], "layers")
        blobs = Self.distinct(blobs)
        subject = try Self.subject(fields)
    }

    /// An artifact may have no blobs at all, and then no such field.
    private mutating func takeArtifact(_ fields: ManifestFields) throws(ManifestError) {
        guard fields.manifests == nil, fields.layers == nil else { throw .ambiguous }
        blobs = Self.distinct(try Self.descriptors(fields.blobs ?? [], "blobs"))
        subject = try Self.subject(fields)
    }

    private mutating func takeSchema1(_ fields: ManifestFields) throws(ManifestError) {
        guard fields.manifests == nil, fields.layers == nil else { throw .ambiguous }
        guard let layers = fields.fsLayers else { throw .malformed("fsLayers") }
        var found: [Descriptor] = []
        for layer in layers {
            guard let digest = Digest(layer.blobSum) else { throw .malformed("fsLayers") }
            found.append(Descriptor(digest: digest, size: nil))
        }
        blobs = Self.distinct(found)
    }

    private static func descriptors(
        _ list: [ManifestFields.Reference],
        _ field: String
    ) throws(ManifestError) -> [Descriptor] {
        var found: [Descriptor] = []
        for item in list {
            guard let digest = Digest(item.digest) else { throw .malformed(field) }
            found.append(
                Descriptor(digest: digest, size: item.size, isElsewhere: item.isElsewhere)
            )
        }
        return found
    }

    private static func subject(_ fields: ManifestFields) throws(ManifestError) -> Digest? {
        guard let subject = fields.subject else { return nil }
        guard let digest = Digest(subject.digest) else { throw .malformed("subject") }
        return digest
    }

    /// Each digest once: an empty layer may come many times, and is stored once.
    private static func distinct(_ list: [Descriptor]) -> [Descriptor] {
        var seen: Set<Digest> = []
        return list.filter { seen.insert($0.digest).inserted }
    }

    /// The media type, unless it is one that servers give to anything.
    private static func specific(_ mediaType: String?) -> String? {
        guard let mediaType else { return nil }
        let type = mediaType.prefix { $0 != ";" && !$0.isWhitespace }.lowercased()
        let generic = ["", "application/json", "text/plain", "application/octet-stream"]
        return generic.contains(type) ? nil : type
    }
}
