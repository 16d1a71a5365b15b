package import RegistryModel

/// Content that is made up, always the same for the same names.
extension StorageTree {
    /// A manifest with what it refers to.
    package struct Image: Sendable {
        package var manifest: Digest
        package var configuration: Digest
        package var layers: [Digest]
        package var size: Int
    }

    /// Stores an image: layers, configuration, manifest and their links.
    ///
    /// `seed` tells it from others, and gives its configuration; equal layers have equal names.
    @discardableResult
    package func addImage(
        _ repository: String,
        seed: String,
        layers: [String],
        tag: String? = nil,
        subject: Digest? = nil,
        layerBytes: Int = 64
    ) throws -> Image {
        var stored: [(digest: Digest, size: Int)] = []
        for layer in layers {
            let bytes = Self.layer(layer, layerBytes)
            let digest = try addBlob(bytes)
            try linkLayer(repository, digest)
            stored.append((digest, bytes.count))
        }
        let settings = Array(#"{"architecture":"amd64","os":"linux","seed":"\#(seed)"}"#.utf8)
        let configuration = try addBlob(settings)
        try linkLayer(repository, configuration)
        let text = Self.manifest(configuration, settings.count, stored, subject)
        let manifest = try addManifest(repository, text, tag: tag)
        return Image(
            manifest: manifest,
            configuration: configuration,
            layers: stored.map(\.digest),
            size: text.utf8.count
        )
    }

    /// Stores an index over manifests; their sizes are made up.
    @discardableResult
    package func addIndex(
        _ repository: String,
        _ children: [Digest],
        tag: String? = nil,
        subject: Digest? = nil
    ) throws -> Digest {
        let list = children.map {
            #"{"mediaType":"\#(MediaType.ociManifest)","digest":"\#($0)","size":400}"#
        }
        let subject = Self.subject(subject)
        let text =
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":["#
            + "\(list.joined(separator: ","))]\(subject)}"
        return try addManifest(repository, text, tag: tag)
    }

    /// Stores any text as a manifest, with its link.
    @discardableResult
    package func addManifest(
        _ repository: String,
        _ text: String,
        tag: String? = nil
    ) throws -> Digest {
        let digest = try addBlob(Array(text.utf8))
        try linkRevision(repository, digest)
        if let tag { try self.tag(repository, tag, digest) }
        return digest
    }

    /// A layer that begins as gzip does.
    package static func layer(_ name: String, _ count: Int) -> [UInt8] {
        var bytes: [UInt8] = [0x1F, 0x8B, 0x08] + Array(name.utf8)
        if bytes.count < count {
            bytes.append(contentsOf: repeatElement(0xA5, count: count - bytes.count))
        }
        return bytes
    }

    private static func manifest(
        _ configuration: Digest,
        _ configurationSize: Int,
        _ layers: [(digest: Digest, size: Int)],
        _ subject: Digest?
    ) -> String {
        let prefix = "application/vnd.oci.image"
        let list = layers.map {
            #"{"mediaType":"\#(prefix).layer.v1.tar+gzip","digest":"\#($0.digest)","#
                + #""size":\#($0.size)}"#
        }
        return #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","#
            + #""config":{"mediaType":"\#(prefix).config.v1+json","digest":"\#(configuration)","#
            + #""size":\#(configurationSize)},"layers":[\#(list.joined(separator: ","))]"#
            + "\(Self.subject(subject))}"
    }

    private static func subject(_ digest: Digest?) -> String {
        guard let digest else { return "" }
        return #","subject":{"mediaType":"\#(MediaType.ociManifest)","digest":"\#(digest)","#
            + #""size":400}"#
    }
}
