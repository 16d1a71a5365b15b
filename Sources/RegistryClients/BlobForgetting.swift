package import RegistryModel

/// A registry that can be made to drop a repository's link to a blob, and with it what its
/// descriptor cache knows.
package protocol BlobForgetting: Sendable {
    /// Deletes a repository's link to a blob; one that has none is as good.
    ///
    /// - Throws: `deletesDisabled` where the registry takes no deletes.
    func dropBlob(_ repository: RepositoryName, _ digest: Digest) async throws(RegistryError)

    /// Whether the registry says that a repository has a blob.
    func hasBlob(
        _ repository: RepositoryName,
        _ digest: Digest
    ) async throws(RegistryError) -> Bool
}
