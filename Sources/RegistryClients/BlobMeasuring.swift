package import RegistryModel

/// A registry that says how large a blob is that it has, whatever a manifest claims.
package protocol BlobMeasuring: Sendable {
    /// The bytes of a blob; nil where the registry does not have it.
    func size(
        of digest: Digest,
        in repository: RepositoryName
    ) async throws(RegistryError) -> Int64?
}
