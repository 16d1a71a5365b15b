import Foundation
import RegistryModel
import Synchronization

/// A registry's tree of many valid images, always the same for the same shape.
///
/// Every image has a layer of its own, two of the ten that its repository shares, and one that the
/// whole registry shares; so registries look that build from a few base images.
struct GeneratedStorage: Sendable {
    /// How many of what.
    struct Shape: Sendable {
        var repositories: Int
        /// Tagged images of each repository.
        var tags: Int
        /// Images of each repository that no tag points to.
        var untagged: Int
        /// Layers that each image has for itself.
        var ownLayers = 1

        var images: Int { repositories * (tags + untagged) }

        /// Manifests, configurations, layers.
        var blobs: Int {
            let shared = tags + untagged > 0 ? min(GeneratedStorage.pool, tags + untagged + 1) : 0
            return images * (2 + ownLayers) + repositories * shared + 1
        }
    }

    let path: String
    let shape: Shape

    static func name(_ repository: Int) -> String { "bench/app-\(repository)" }

    /// Writes the tree below `path`, which must not be there yet.
    init(writing shape: Shape, to path: String) throws {
        self.path = path
        self.shape = shape
        let files = try StorageFiles(path: path)
        let failure = Mutex<(any Error)?>(nil)
        let base = try files.addLayer("base")
        DispatchQueue.concurrentPerform(iterations: shape.repositories) { repository in
            guard failure.withLock({ $0 == nil }) else { return }
            do {
                try Self.fill(files, repository, shape, base)
            } catch {
                failure.withLock { $0 = error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    private static func fill(
        _ files: StorageFiles,
        _ repository: Int,
        _ shape: Shape,
        _ base: StorageFiles.Stored
    ) throws {
        let name = name(repository)
        try files.addRepository(name)
        let count = shape.tags + shape.untagged
        let shared = try (0..<min(pool, count + 1)).map { number in
            try files.addLayer("\(name) shared \(number)")
        }
        for layer in shared + [base] { try files.linkLayer(name, layer.digest) }
        for number in 0..<count {
            let own = try (0..<shape.ownLayers).map { layer in
                try files.addLayer("\(name) image \(number) layer \(layer)")
            }
            let settings = #"{"architecture":"amd64","os":"linux","image":"\#(name) \#(number)"}"#
            let configuration = try files.addBlob(Array(settings.utf8))
            for blob in own + [configuration] { try files.linkLayer(name, blob.digest) }
            let common = (0..<2).map { shared[(number + $0) % shared.count] }
            let manifest = Self.manifest(configuration, [base] + common + own)
            let digest = try files.addBlob(Array(manifest.utf8)).digest
            try files.linkRevision(name, digest)
            if number < shape.tags { try files.tag(name, "v\(number)", digest) }
        }
    }

    private static func manifest(
        _ configuration: StorageFiles.Stored,
        _ layers: [StorageFiles.Stored]
    ) -> String {
        func descriptor(_ type: String, _ blob: StorageFiles.Stored) -> String {
            #"{"mediaType":"application/vnd.oci.image.\#(type)","digest":"\#(blob.digest)","#
                + #""size":\#(blob.size)}"#
        }
        let list = layers.map { descriptor("layer.v1.tar+gzip", $0) }.joined(separator: ",")
        return #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","config":"#
            + descriptor("config.v1+json", configuration) + #","layers":[\#(list)]}"#
    }

    /// Layers that the images of one repository share.
    private static let pool = 10
}
