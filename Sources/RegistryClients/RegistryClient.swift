package import RegistryModel

/// A registry that can be listed, read and cleaned; every call may wait for the registry's pace.
///
/// Absence is an answer only where a call says so; elsewhere it is an error of kind `notFound`.
package protocol RegistryClient: Sendable {
    /// What it can't do, or does better than others.
    var traits: RegistryTraits { get }

    /// Whether the registry answers, and takes the credentials.
    func ping() async throws(RegistryError)

    /// Calls `body` with each page of the catalog, in the registry's order.
    ///
    /// - Returns: how many listed names were left out because they are not valid names.
    @discardableResult
    func forEachRepositoryPage(_ body: ([RepositoryName]) async throws -> Void) async throws -> Int

    /// All tags; none where the registry says that it has no such repository.
    ///
    /// A listed tag with an invalid name is an error: without it, its manifest would look untagged.
    func tags(of repository: RepositoryName) async throws(RegistryError) -> [TagName]

    /// A manifest's bytes, verified against their digest.
    ///
    /// `userAgent` goes in place of lastpull's own, for probes.
    func manifest(
        _ repository: RepositoryName,
        _ reference: ManifestReference,
        userAgent: String?
    ) async throws(RegistryError) -> FetchedManifest

    /// What the registry says of a manifest without sending it.
    func head(
        _ repository: RepositoryName,
        _ reference: ManifestReference,
        userAgent: String?
    ) async throws(RegistryError) -> HeadAnswer

    /// Deletes a tag, or a manifest with all tags that point to it.
    func delete(
        _ repository: RepositoryName,
        _ reference: ManifestReference
    ) async throws(RegistryError) -> DeleteAnswer

    /// Writes a manifest, byte for byte, and returns its digest.
    @discardableResult
    func put(
        _ repository: RepositoryName,
        _ reference: ManifestReference,
        bytes: [UInt8],
        mediaType: String
    ) async throws(RegistryError) -> Digest

    func hasBlob(
        _ repository: RepositoryName,
        _ digest: Digest
    ) async throws(RegistryError) -> Bool

    /// Uploads a blob in one piece and returns its digest.
    @discardableResult
    func uploadBlob(
        _ repository: RepositoryName,
        bytes: [UInt8]
    ) async throws(RegistryError) -> Digest

    /// Finds out what can be deleted, by deleting a tag and a digest that do not exist.
    func deletePower(in repository: RepositoryName) async throws(RegistryError) -> DeletePower
}

extension RegistryClient {
    package var traits: RegistryTraits { RegistryTraits() }

    package func manifest(
        _ repository: RepositoryName,
        _ reference: ManifestReference
    ) async throws(RegistryError) -> FetchedManifest {
        try await manifest(repository, reference, userAgent: nil)
    }

    package func head(
        _ repository: RepositoryName,
        _ reference: ManifestReference
    ) async throws(RegistryError) -> HeadAnswer {
        try await head(repository, reference, userAgent: nil)
    }
}
