package import RegistryModel

extension Ledger {
    /// The indexes that hold what was never read nor pushed as a manifest, and has no tag.
    package func holders(of unread: UnreadManifest) async throws -> [(id: Int64, digest: Digest)] {
        try await read("read the inventory from") { db in
            try db.rows(
                """
                SELECT p.id, p.digest FROM manifest AS m
                JOIN manifestChild AS c ON c.repositoryId = m.repositoryId AND c.digest = m.digest
                JOIN manifest AS p ON p.id = c.parentId
                WHERE m.id = ? AND m.reading <> 1 AND m.pushedAt IS NULL AND p.reading = 1
                    AND p.goneAt IS NULL
                    AND NOT EXISTS (SELECT 1 FROM tag WHERE manifestId = m.id AND goneAt IS NULL)
                """,
                [unread.id]
            ).compactMap { row in Digest(row[1] as String).map { (id: row[0], digest: $0) } }
        }
    }

    /// Takes what indexes hold for the blob that it is: an earlier version took it for a manifest.
    package func takeAsBlob(
        _ unread: UnreadManifest,
        of holders: [(id: Int64, content: ManifestContent)],
        in registry: RegistryRow,
        at time: Timestamp
    ) async throws {
        try await write("store manifests in") { db in
            let writer = InventoryWriter(db: db, registryId: registry.id, now: time)
            for holder in holders { try writer.linkAgain(holder.content, of: holder.id) }
            try writer.manifestGone(unread.id, at: time)
        }
    }
}
