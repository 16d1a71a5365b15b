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
        package var modified: Timestamp
    }

    let root: StorageRoot

    package init(root: StorageRoot) { self.root = root }

    package func repositories() throws(StorageError) -> [RepositoryName] {
        fatalError("not built yet")
    }

    package func tags(of repository: RepositoryName) throws(StorageError) -> [Tag] {
        fatalError("not built yet")
    }

    package func revisions(of repository: RepositoryName) throws(StorageError) -> [Revision] {
        fatalError("not built yet")
    }

    package func manifest(
        _ repository: RepositoryName,
        _ digest: Digest
    ) throws(StorageError) -> [UInt8]? {
        fatalError("not built yet")
    }
}
