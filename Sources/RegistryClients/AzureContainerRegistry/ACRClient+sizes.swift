package import RegistryModel

extension ACRClient: BlobMeasuring {
    package func size(
        of digest: Digest,
        in repository: RepositoryName
    ) async throws(RegistryError) -> Int64? {
        try await oci.size(of: digest, in: repository)
    }
}
