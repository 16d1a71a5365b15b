package import RegistryModel

/// A registry whose blobs can be read, as far as they are small.
package protocol BlobReading: Sendable {
    /// A blob's bytes, verified against its digest.
    ///
    /// - Throws: `notFound` where the repository does not have it, `corrupt` where the bytes are not
    ///   those of the digest, an error also where there are more than `limit` bytes.
    func blob(
        _ repository: RepositoryName,
        _ digest: Digest,
        atMost limit: Int
    ) async throws(RegistryError) -> [UInt8]
}
