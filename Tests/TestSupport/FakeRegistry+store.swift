import Crypto
import NIOCore
package import RegistryModel

extension FakeRegistry {
    /// Everything that a registry keeps.
    struct Store: Sendable {
        /// None is ever taken out: empty ones stay listed, as in distribution.
        var repositories: [String: Repository] = [:]
        var blobs: [RegistryModel.Digest: ByteBuffer] = [:]
        private var sortedNames: [String] = []

        mutating func names() -> [String] {
            if sortedNames.count != repositories.count { sortedNames = repositories.keys.sorted() }
            return sortedNames
        }
    }

    struct Repository: Sendable {
        var manifests: [RegistryModel.Digest: Manifest] = [:]
        private(set) var tags: [String: RegistryModel.Digest] = [:]
        var blobs: Set<RegistryModel.Digest> = []
        private var sortedTags: [String]?

        mutating func setTag(_ tag: String, _ digest: RegistryModel.Digest?) {
            if (tags[tag] == nil) != (digest == nil) { sortedTags = nil }
            tags[tag] = digest
        }

        mutating func tagNames() -> [String] {
            let names = sortedTags ?? tags.keys.sorted()
            sortedTags = names
            return names
        }
    }

    struct Manifest: Sendable {
        var mediaType: String
        var bytes: ByteBuffer
    }

    static func digest(of bytes: ByteBuffer) -> RegistryModel.Digest {
        let hash = bytes.withUnsafeReadableBytes { SHA256.hash(data: $0) }
        let hex = hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        guard let digest = RegistryModel.Digest("sha256:\(hex)") else {
            preconditionFailure("64 hexadecimal digits are a digest")
        }
        return digest
    }
}

/// What tests put in and look up without a request, and so without an event.
extension FakeRegistry {
    /// Adds an image with these layers under a tag, or without one.
    ///
    /// Equal layers, configuration and subject make an equal digest.
    @discardableResult
    package func addImage(
        _ repository: String,
        _ tag: String? = nil,
        layers: [[UInt8]],
        configuration: String = "{}",
        subject: RegistryModel.Digest? = nil
    ) -> RegistryModel.Digest {
        let config = addBlob(repository, Array(configuration.utf8))
        let list = layers.map { layer in
            reference("application/vnd.oci.image.layer.v1.tar", addBlob(repository, layer), layer)
        }
        let configType = "application/vnd.oci.image.config.v1+json"
        let refers = subject.map { digest in
            let size = store.repositories[repository]?.manifests[digest]?.bytes.readableBytes ?? 0
            return #","subject":"# + entry(MediaType.ociManifest, digest, size)
        }
        let text =
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","#
            + #""config":\#(reference(configType, config, Array(configuration.utf8))),"#
            + #""layers":[\#(list.joined(separator: ","))]\#(refers ?? "")}"#
        return addManifest(repository, tag, Array(text.utf8), MediaType.ociManifest)
    }

    /// Adds an index over manifests of the repository.
    @discardableResult
    package func addIndex(
        _ repository: String,
        _ tag: String? = nil,
        of children: [RegistryModel.Digest]
    ) -> RegistryModel.Digest {
        let list = children.map { child in
            let known = store.repositories[repository]?.manifests[child]
            let size = known?.bytes.readableBytes ?? 0
            return entry(known?.mediaType ?? MediaType.ociManifest, child, size)
        }
        let text =
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","#
            + #""manifests":[\#(list.joined(separator: ","))]}"#
        return addManifest(repository, tag, Array(text.utf8), MediaType.ociIndex)
    }

    /// Adds any bytes as a manifest.
    @discardableResult
    package func addManifest(
        _ repository: String,
        _ tag: String? = nil,
        _ bytes: [UInt8],
        _ mediaType: String
    ) -> RegistryModel.Digest {
        let buffer = ByteBuffer(bytes: bytes)
        let digest = Self.digest(of: buffer)
        let manifest = Manifest(mediaType: mediaType, bytes: buffer)
        store.repositories[repository, default: Repository()].manifests[digest] = manifest
        if let tag { store.repositories[repository]?.setTag(tag, digest) }
        return digest
    }

    @discardableResult
    package func addBlob(_ repository: String, _ bytes: [UInt8]) -> RegistryModel.Digest {
        let buffer = ByteBuffer(bytes: bytes)
        let digest = Self.digest(of: buffer)
        store.blobs[digest] = buffer
        store.repositories[repository, default: Repository()].blobs.insert(digest)
        return digest
    }

    /// Points a tag at a manifest, or nowhere; as if somebody else had done it.
    package func setTag(_ repository: String, _ tag: String, to digest: RegistryModel.Digest?) {
        store.repositories[repository, default: Repository()].setTag(tag, digest)
    }

    package func tags(_ repository: String) -> [String: RegistryModel.Digest] {
        store.repositories[repository]?.tags ?? [:]
    }

    package func manifests(_ repository: String) -> Set<RegistryModel.Digest> {
        Set((store.repositories[repository]?.manifests ?? [:]).keys)
    }

    /// The bytes of a manifest of the repository, or nil.
    package func manifest(_ repository: String, _ digest: RegistryModel.Digest) -> [UInt8]? {
        store.repositories[repository]?.manifests[digest].map { Array($0.bytes.readableBytesView) }
    }

    private func reference(
        _ mediaType: String,
        _ digest: RegistryModel.Digest,
        _ bytes: [UInt8]
    ) -> String { entry(mediaType, digest, bytes.count) }

    private func entry(_ mediaType: String, _ digest: RegistryModel.Digest, _ size: Int) -> String {
        #"{"mediaType":"\#(mediaType)","digest":"\#(digest)","size":\#(size)}"#
    }
}
