package import RegistryModel

/// The files of one removal beside layer links, told as shortly as can be: a sweep has many.
package struct OwnFiles: Sendable, Equatable {
    /// The tags that remember the manifest.
    package var tags: [TagName] = []
    /// Whether the link goes that makes it a manifest.
    package var hasRevision = false
    /// Whether the content of the digest goes.
    package var hasContent = false
    /// What does not follow from names.
    package var listed: [StoragePath] = []

    package init(listed: [StoragePath] = []) { self.listed = listed }

    /// The data of a blob.
    package static var content: OwnFiles {
        var files = OwnFiles()
        files.hasContent = true
        return files
    }

    /// What makes a manifest, with what tags remember of it.
    package static func manifest(rememberedBy tags: [TagName]) -> OwnFiles {
        var files = OwnFiles()
        files.tags = tags
        files.hasRevision = true
        return files
    }

    /// The paths, in an order in which a kill leaves a valid tree: what only remembers a manifest,
    /// what makes it one, its content.
    package func paths(_ repository: RepositoryName?, _ digest: Digest?) -> [StoragePath] {
        var paths = listed
        guard let digest else { return paths }
        if let repository {
            for tag in tags { paths.append(.tagIndexLink(repository, tag, digest)) }
            if hasRevision { paths.append(.revisionLink(repository, digest)) }
        }
        if hasContent { paths.append(.blobData(digest)) }
        return paths
    }
}
