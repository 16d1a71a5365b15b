import GRDB
package import RegistryModel

extension Ledger {
    /// Makes what a sweep took, or was about to take, that of another registry: of the one that has its
    /// storage now.
    ///
    /// With it goes when its former one heard a digest named, so that what was asked for comes back.
    package func handOver(storageOf run: RunName, to registry: RegistryRow) async throws {
        try await write("write a sweep to") { db in
            guard let id = try Self.runId(run, db) else { return }
            try db.run(
                """
                INSERT INTO blobNamed (registryId, digest, at)
                SELECT ?2, digest, max(at) FROM blobNamed
                WHERE registryId IN (SELECT registryId FROM storageItem WHERE runId = ?1)
                GROUP BY digest
                ON CONFLICT (registryId, digest) DO UPDATE SET at = max(at, excluded.at)
                """,
                [id, registry.id]
            )
            try db.run(
                "UPDATE storageItem SET registryId = ? WHERE runId = ?",
                [registry.id, id]
            )
        }
    }
}
