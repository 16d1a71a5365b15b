package import RegistryClients
package import RegistryModel
import RegistryStorage

extension StorageClient: BlobMeasuring {
    package func size(
        of digest: Digest,
        in repository: RepositoryName
    ) async throws(RegistryError) -> Int64? {
        try await read("look up", "\(repository)@\(digest)") {
            try $0.facts(.blobData(digest))?.size
        }
    }
}
