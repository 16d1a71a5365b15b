package import RegistryModel

/// What a tree holds, for the ledger.
package struct StorageInventory: Sendable {
    package struct Tag: Sendable, Equatable {
        package var name: TagName
        package var digest: Digest
        /// When the tag was last pushed.
        package var modified: Timestamp
    }

    package struct Revision: Sendable, Equatable {
        package var digest: Digest
        /// When the manifest was last pushed.
        package var modified: Timestamp
    }

    let root: StorageRoot

    package init(root: StorageRoot) { self.root = root }

    /// All repositories, sorted; folders whose names are none are left out.
    package func repositories() throws(StorageError) -> [RepositoryName] {
        try RepositoryDiscovery(root: root, crew: .ofMachine).places.compactMap(\.name)
    }

    /// The tags of a repository, sorted; none where there is no such repository.
    ///
    /// Whatever can't be read is an error: a tag that is there must not seem to be gone.
    package func tags(of repository: RepositoryName) throws(StorageError) -> [Tag] {
        let worker = RepositoryWorker(root: root, places: [RepositoryPlace(repository)])
        try worker.readTags(0)
        for rest in worker.tagRest {
            try worker.withFolder(0, RepositoryWorker.tagFolder) { descriptor in
                worker.readTags(0, rest.names[...], descriptor)
            }
        }
        try check(worker, repository)
        return worker.tags.map {
            Tag(name: $0.name, digest: $0.digest.digest, modified: $0.modified)
        }
        .sorted { $0.name < $1.name }
    }

    /// The manifests of a repository, sorted, tagged or not; none where there is no such repository.
    ///
    /// Whatever can't be read is an error.
    package func revisions(of repository: RepositoryName) throws(StorageError) -> [Revision] {
        let worker = RepositoryWorker(root: root, places: [RepositoryPlace(repository)])
        try worker.listDigests(0, .revisions) { names, descriptor in
            worker.readRevisions(0, names, descriptor)
        }
        for rest in worker.digestRest {
            try worker.withFolder(0, RepositoryWorker.LinkFolder.revisions.sha256) { descriptor in
                worker.readRevisions(0, rest.names[...], descriptor)
            }
        }
        try check(worker, repository)
        return worker.revisions.map {
            Revision(digest: $0.digest.digest, modified: $0.modified)
        }
        .sorted { $0.digest < $1.digest }
    }

    /// A manifest's bytes, verified; nil where the repository does not have it, or its data is gone.
    package func manifest(
        _ repository: RepositoryName,
        _ digest: Digest
    ) throws(StorageError) -> [UInt8]? {
        guard try root.facts(.revisionLink(repository, digest))?.kind == .file,
            let bytes = try root.read(.blobData(digest), atMost: ManifestContent.longest)
        else { return nil }
        guard digest.algorithm != "sha256" || Digest(hashing: bytes) == digest else {
            throw StorageError(
                operation: "read",
                subject: root.absolute(.blobData(digest)),
                kind: .doubtful("its data does not match its digest")
            )
        }
        return bytes
    }

    private func check(
        _ worker: RepositoryWorker,
        _ repository: RepositoryName
    ) throws(StorageError) {
        guard let doubt = worker.doubts.first(where: { $0.doubt.extent != .entry })?.doubt else {
            return
        }
        throw StorageError(
            operation: "read",
            subject: root.absolute(doubt.path),
            kind: .doubtful(doubt.text)
        )
    }
}
