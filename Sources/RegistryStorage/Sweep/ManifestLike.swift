package import RegistryModel

extension Mark {
    /// What of the unreferenced content may be that of manifests, by its first byte.
    ///
    /// Nothing links a manifest's content once its revision is deleted and the empty folder of that
    /// is gone, while layers and configurations are linked until a registry drops them. A registry
    /// with a descriptor cache goes on believing in it, and accepts the same manifest without writing
    /// it. What can't be read counts as one.
    package func manifestLike(in root: StorageRoot) -> Set<Digest> {
        Set(
            unreferenced.lazy
                .filter { $0.links.isEmpty && !$0.isManifestData }
                .filter { root.mayHoldManifest(.blobData($0.digest), bytes: $0.bytes) }
                .map(\.digest)
        )
    }
}

extension StorageRoot {
    fileprivate func mayHoldManifest(_ path: StoragePath, bytes: Int64) -> Bool {
        guard bytes <= ManifestContent.longest else { return false }
        do throws(StorageError) {
            guard let content = try start(of: path) else { return false }
            let first = content.first { !Self.space.contains($0) }
            return first == nil || first == UInt8(ascii: "{")
        } catch {
            return true
        }
    }

    /// White space of JSON (RFC 8259, section 2).
    private static let space = Array(" \t\r\n".utf8)
}
