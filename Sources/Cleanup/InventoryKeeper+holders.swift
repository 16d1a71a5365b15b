import AccessLedger
import RegistryClients
import RegistryModel

extension InventoryKeeper {
    /// The indexes that hold something as a blob; nil unless all that hold it do.
    ///
    /// Only where it could not be read as a manifest: what an index holds was always taken for one.
    func blobHolders(
        of manifest: UnreadManifest,
        _ target: CleanupTarget
    ) async -> [(id: Int64, content: ManifestContent)]? {
        guard let holders = try? await ledger.holders(of: manifest), !holders.isEmpty else {
            return nil
        }
        var read: [(id: Int64, content: ManifestContent)] = []
        for holder in holders {
            guard
                let fetched = try? await target.reader.manifest(
                    manifest.repository,
                    .digest(holder.digest)
                ),
                let content = try? ManifestContent(
                    parsing: fetched.bytes,
                    mediaType: fetched.mediaType
                ),
                content.isIndex, content.blobs.contains(where: { $0.digest == manifest.digest }),
                !content.children.contains(where: { $0.digest == manifest.digest })
            else { return nil }
            read.append((id: holder.id, content: content))
        }
        return read
    }
}
