package import RegistryModel

/// A registry's tree of many valid images, always the same for the same shape.
package struct GeneratedTree: Sendable {
    /// How many of what; the numbers are per repository.
    package struct Shape: Sendable {
        package var repositories = 1
        package var tags = 0
        package var untagged = 0
        /// Layers that an image has for itself.
        package var ownLayers = 1
        /// Layers of its repository that an image shares, out of `sharedPool`.
        package var sharedLayers = 2
        package var sharedPool = 10
        /// Layers that images of all repositories share.
        package var baseLayers = 0
        /// Tags whose image is an index over two images.
        package var indexes = 0
        /// Untagged manifests that refer to a tagged one.
        package var referrers = 0
        /// Layers without any manifest.
        package var looseLayers = 0
        package var uploads = 0
        /// Whether repositories lie in each other.
        package var isNested = false
        package var layerBytes = 256
        package var modified: Timestamp?

        package init() {}

        package init(
            repositories: Int,
            tags: Int,
            untagged: Int,
            modified: Timestamp? = nil
        ) {
            self.repositories = repositories
            self.tags = tags
            self.untagged = untagged
            self.modified = modified
        }
    }

    package let tree: StorageTree
    package let shape: Shape

    /// Writes the tree below `path`.
    package init(path: String, shape: Shape) throws {
        tree = try StorageTree(path: path, modified: shape.modified)
        self.shape = shape
        for index in 0..<shape.repositories { try fill(index) }
    }

    package func name(_ index: Int) -> String {
        shape.isNested && index % 2 == 1 ? "team/app-\(index - 1)/part" : "team/app-\(index)"
    }

    private func fill(_ index: Int) throws {
        let repository = name(index)
        var tagged: [Digest] = []
        for number in 0..<shape.tags {
            tagged.append(try addImage(repository, number, tag: "v\(number)"))
        }
        for number in 0..<shape.untagged {
            _ = try addImage(repository, shape.tags + number, tag: nil)
        }
        for number in 0..<shape.indexes {
            let children = try (0..<2).map { part in
                try addImage(repository, 1_000_000 + number * 2 + part, tag: nil)
            }
            tagged.append(try tree.addIndex(repository, children, tag: "multi-\(number)"))
        }
        for number in 0..<shape.referrers where !tagged.isEmpty {
            try tree.addImage(
                repository,
                seed: "\(repository) referrer \(number)",
                layers: ["\(repository) signature \(number)"],
                subject: tagged[number % tagged.count]
            )
        }
        for number in 0..<shape.looseLayers {
            let layer = StorageTree.layer("\(repository) loose \(number)", shape.layerBytes)
            try tree.linkLayer(repository, tree.addBlob(layer))
        }
        for number in 0..<shape.uploads {
            try tree.addUpload(repository, "upload-\(number)", bytes: 1_000)
        }
    }

    private func addImage(_ repository: String, _ number: Int, tag: String?) throws -> Digest {
        var layers = (0..<shape.baseLayers).map { "base \($0)" }
        layers += (0..<shape.sharedLayers).map {
            "\(repository) shared \((number + $0) % max(1, shape.sharedPool))"
        }
        layers += (0..<shape.ownLayers).map { "\(repository) own \(number) \($0)" }
        let image = try tree.addImage(
            repository,
            seed: "\(repository) \(number)",
            layers: layers,
            tag: tag,
            layerBytes: shape.layerBytes
        )
        return image.manifest
    }
}
