package import RegistryModel

/// A manifest of a repository that goes: condemned or untagged, and held by nothing that stays.
package struct UntaggedRevision: Sendable, Equatable {
    /// Where a tag's folder remembers the manifest.
    package struct TagIndexEntry: Sendable, Equatable {
        package var tag: TagName
        package var bytes: Int64
    }

    package var key: RevisionKey
    /// Of its `link`.
    package var linkBytes: Int64
    /// When its `link` was written.
    package var modified: Timestamp
    /// Of tags that stay; what a condemned tag's folder holds goes with that folder.
    package var tagIndexEntries: [TagIndexEntry] = []
    /// Whether a tag ever pointed to it, as far as the tree knows.
    package var wasTagged = false
    /// What it refers to; nil where its bytes are gone.
    package var references: PackedReferences?
}

/// A blob that no manifest needs which stays.
package struct UnreferencedBlob: Sendable, Equatable {
    package var digest: Digest
    package var bytes: Int64
    package var modified: Timestamp
    /// In all repositories.
    package var links: [LayerLink] = []
    /// Whether it is the content of a manifest: of one that goes, or of which only the folder is
    /// left.
    package var isManifestData = false
}

/// A repository's link to a layer or configuration.
package struct LayerLink: Sendable, Hashable {
    package var repository: RepositoryName
    package var digest: Digest
    package var bytes: Int64
    package var modified: Timestamp

    package var path: StoragePath { .layerLink(repository, digest) }
}

/// An upload that has not come to its end.
package struct PendingUpload: Sendable, Equatable {
    package var repository: RepositoryName
    package var name: UploadName
    package var bytes: Int64
    /// The newest of all its files and folders.
    package var lastWrite: Timestamp
    package var files: [StoragePath]
}

/// A folder that holds nothing, left over from what was in it.
package struct EmptyFolder: Sendable, Hashable {
    package var path: StoragePath
    /// Nil among the blobs.
    package var repository: RepositoryName?
    package var modified: Timestamp
}

extension StorageRoot {
    /// A repository's link as it lies there now; nil where there is none.
    package func layerLink(
        _ repository: RepositoryName,
        _ digest: Digest
    ) throws(StorageError) -> LayerLink? {
        guard let facts = try facts(.layerLink(repository, digest)) else { return nil }
        return LayerLink(
            repository: repository,
            digest: digest,
            bytes: facts.size,
            modified: facts.modified
        )
    }
}
