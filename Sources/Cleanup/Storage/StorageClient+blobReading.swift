package import RegistryClients
package import RegistryModel
import RegistryStorage

extension StorageClient: BlobReading {
    package func blob(
        _ repository: RepositoryName,
        _ digest: Digest,
        atMost limit: Int
    ) async throws(RegistryError) -> [UInt8] {
        let bytes = try await read("read blob", "\(repository)@\(digest)") {
            try $0.read(.blobData(digest), atMost: limit)
        }
        guard let bytes else { throw missing(repository, .digest(digest)) }
        guard digest.algorithm == "sha256", Digest(hashing: bytes) == digest else {
            throw RegistryError(
                operation: "read blob",
                subject: "\(repository)@\(digest)",
                kind: .corrupt,
                detail: "the bytes are not those of the digest"
            )
        }
        return bytes
    }
}
