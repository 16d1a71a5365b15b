import Foundation
package import RegistryModel

import struct Crypto.SHA256

/// A folder in the OCI image layout, filled with small images that skopeo can push.
///
/// Equal content gives equal digests, in this and in every other folder. Specification: OCI image
/// layout; tags are the annotation `org.opencontainers.image.ref.name` in `index.json`.
package struct ImageFolder: Sendable {
    private let folder: TemporaryFolder
    private var tagged: [Descriptor] = []
    private var known: [Digest: Descriptor] = [:]

    package init() throws {
        folder = try TemporaryFolder()
        try folder.write(#"{"imageLayoutVersion":"1.0.0"}"#, to: "oci-layout")
        try writeIndex()
    }

    package var path: String { folder.path }

    /// Adds an image of one platform and returns the digest of its manifest.
    ///
    /// Without a `tag` only an index or a digest can name it. `labels` go into the configuration,
    /// and also tell images with equal layers apart. `subject` is a manifest of this folder that
    /// the new one refers to.
    @discardableResult
    package mutating func addImage(
        tag: String? = nil,
        layers: [Layer],
        platform: Platform = .amd64,
        labels: [String: String] = [:],
        subject: Digest? = nil
    ) throws -> Digest {
        let layerDescriptors = try layers.map { try add($0.bytes, Layer.mediaType) }
        let configuration = Configuration(
            architecture: platform.architecture,
            os: platform.os,
            config: .init(labels: labels),
            rootfs: .init(diffIDs: layerDescriptors.map(\.digest))
        )
        let manifest = Manifest(
            config: try add(encode(configuration), Configuration.mediaType),
            layers: layerDescriptors,
            subject: try subject.map { try descriptor(of: $0) }
        )
        return try add(manifest, manifest.mediaType, tag: tag, platform: platform)
    }

    /// Adds an index over manifests of this folder, images or other indexes.
    ///
    /// skopeo refuses to push an index that holds an index: `RealRegistry.put` does it.
    @discardableResult
    package mutating func addIndex(tag: String? = nil, of children: [Digest]) throws -> Digest {
        let index = Index(manifests: try children.map { try descriptor(of: $0) })
        return try add(index, index.mediaType, tag: tag, platform: nil)
    }

    /// Adds an image for each platform, without tags, and an index over them.
    ///
    /// The children's digests come in the order of `platforms`.
    package mutating func addMultiPlatformImage(
        tag: String,
        platforms: [Platform] = [.amd64, .arm64],
        layers: (Platform) -> [Layer]
    ) throws -> (index: Digest, children: [Digest]) {
        var children: [Digest] = []
        for platform in platforms {
            children.append(try addImage(layers: layers(platform), platform: platform))
        }
        return (try addIndex(tag: tag, of: children), children)
    }

    /// The bytes of a manifest, configuration or layer in the folder.
    package func bytes(of digest: Digest) throws -> [UInt8] {
        let path = folder.file("blobs/sha256/\(digest.encoded)")
        guard let data = FileManager.default.contents(atPath: path) else {
            throw HarnessError("no \(digest) in the image folder")
        }
        return Array(data)
    }

    private mutating func add(
        _ manifest: some Encodable,
        _ mediaType: String,
        tag: String?,
        platform: Platform?
    ) throws -> Digest {
        var descriptor = try add(encode(manifest), mediaType)
        descriptor.platform = platform
        let digest = try descriptor.checkedDigest
        known[digest] = descriptor
        guard let tag else { return digest }
        descriptor.annotations = [Descriptor.tagAnnotation: tag]
        tagged.removeAll { $0.annotations == descriptor.annotations }
        tagged.append(descriptor)
        try writeIndex()
        return digest
    }

    private func add(_ bytes: [UInt8], _ mediaType: String) throws -> Descriptor {
        let hex = SHA256.hash(data: bytes).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        try folder.write(bytes, to: "blobs/sha256/\(hex.joined())")
        return Descriptor(
            mediaType: mediaType,
            digest: "sha256:\(hex.joined())",
            size: bytes.count
        )
    }

    func descriptor(of digest: Digest) throws -> Descriptor {
        guard let descriptor = known[digest] else {
            throw HarnessError("no manifest \(digest) in the image folder")
        }
        return descriptor
    }

    private func writeIndex() throws {
        try folder.write(encode(Index(manifests: tagged)), to: "index.json")
    }

    private func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }
}
