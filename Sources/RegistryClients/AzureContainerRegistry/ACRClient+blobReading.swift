package import RegistryModel

extension ACRClient: BlobReading {
    package func blob(
        _ repository: RepositoryName,
        _ digest: Digest,
        atMost limit: Int
    ) async throws(RegistryError) -> [UInt8] {
        try await oci.blob(repository, digest, atMost: limit)
    }
}
