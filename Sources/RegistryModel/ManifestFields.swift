/// The fields of all formats that say what a manifest refers to.
struct ManifestFields: Decodable {
    struct Reference: Decodable {
        var mediaType: String?
        var digest: String
        var size: Int64?
        var urls: [String]?

        /// Whether it is stored outside of the registry.
        var isElsewhere: Bool {
            urls?.isEmpty == false || mediaType.map(MediaType.isElsewhere) ?? false
        }

        /// Whether it certainly is no manifest.
        var isBlob: Bool { mediaType.map(MediaType.isBlob) ?? false }
    }

    struct Layer: Decodable { var blobSum: String }

    var mediaType: String?
    var config: Reference?
    var layers: [Reference]?
    var manifests: [Reference]?
    var blobs: [Reference]?
    var fsLayers: [Layer]?
    var subject: Reference?

    var hasBlobs: Bool { blobs?.isEmpty == false }
    var hasFSLayers: Bool { fsLayers?.isEmpty == false }

    /// What the fields look like, where nothing says it.
    var likelyMediaType: String? {
        if manifests != nil { return MediaType.ociIndex }
        if config != nil, layers != nil { return MediaType.ociManifest }
        return fsLayers == nil ? nil : MediaType.schema1
    }
}
