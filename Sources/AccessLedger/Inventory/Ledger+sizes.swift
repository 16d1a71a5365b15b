import GRDB
package import RegistryModel

/// A blob of whose size only the claim of a manifest is known.
package struct ClaimedBlob: Sendable, Equatable {
    package var id: Int64
    package var digest: Digest
    /// One that refers to it.
    package var repository: RepositoryName
    package var size: Int64
}

extension Ledger {
    /// Blobs in use that were never measured, the largest claims first.
    ///
    /// They are those of one repository where it is named. Claims of less than a mebibyte are left out.
    package func claimedBlobs(
        of registry: RegistryRow,
        in repositoryId: Int64? = nil,
        limit: Int
    ) async throws -> [ClaimedBlob] {
        try await read("measure") { db in
            let rows =
                if let repositoryId {
                    try Self.claims(ofRepository: repositoryId, limit, db)
                } else {
                    try Self.claims(ofRegistry: registry.id, limit, db)
                }
            return rows.compactMap { row in
                guard let digest = Digest(row[1] as String),
                    let repository = (row[2] as String?).flatMap({ RepositoryName($0) })
                else { return nil }
                return ClaimedBlob(id: row[0], digest: digest, repository: repository, size: row[3])
            }
        }
    }

    private static func claims(
        ofRepository id: Int64,
        _ limit: Int,
        _ db: Database
    ) throws -> [FoundRow] {
        try db.rows(
            """
            SELECT b.id, b.digest, r.name, b.size
            FROM repositoryBlob AS x
            JOIN blob AS b ON b.id = x.blobId
            JOIN repository AS r ON r.id = x.repositoryId
            WHERE x.repositoryId = ? AND x.uses > 0 AND b.isMeasured = 0 AND b.size >= 1048576
            ORDER BY b.size DESC, b.id LIMIT ?
            """,
            [id, limit]
        )
    }

    private static func claims(
        ofRegistry id: Int64,
        _ limit: Int,
        _ db: Database
    ) throws -> [FoundRow] {
        try db.rows(
            """
            SELECT b.id, b.digest, (
                    SELECT r.name FROM repositoryBlob AS x JOIN repository AS r
                        ON r.id = x.repositoryId
                    WHERE x.blobId = b.id AND x.uses > 0 LIMIT 1
                ), b.size
            FROM blob AS b INDEXED BY blobUnmeasured
            WHERE b.registryId = ? AND b.isMeasured = 0 AND b.size >= 1048576 AND b.uses > 0
            ORDER BY b.size DESC LIMIT ?
            """,
            [id, limit]
        )
    }

    /// Notes how large blobs really are, by row; every sum follows.
    package func measured(
        _ sizes: [Int64: Int64],
        of registry: RegistryRow,
        at time: Timestamp
    ) async throws {
        guard !sizes.isEmpty else { return }
        try await write("measure") { db in
            let writer = InventoryWriter(db: db, registryId: registry.id, now: time)
            for (id, size) in sizes { try writer.measured(id, size: size) }
        }
    }
}
