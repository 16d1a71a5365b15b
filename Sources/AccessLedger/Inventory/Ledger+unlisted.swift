import GRDB
package import RegistryModel

/// A repository that could not be listed when it last was to be.
package struct UnlistedRepository: Sendable, Equatable {
    package var name: RepositoryName
    package var failure: ListingFailure
}

extension Ledger {
    /// Notes that a repository could not be listed; it stays as it was known, or comes to be known.
    ///
    /// The time of the first failure in a row stays, the reason is the newest.
    package func notListed(
        _ repository: RepositoryName,
        of registry: RegistryRow,
        because reason: String,
        at time: Timestamp
    ) async throws {
        try await write("write the inventory to") { db in
            let writer = InventoryWriter(db: db, registryId: registry.id, now: time)
            try db.run(
                """
                INSERT INTO unlisted (repositoryId, since, why) VALUES (?, ?, ?)
                ON CONFLICT (repositoryId) DO UPDATE SET why = excluded.why
                """,
                [try writer.repository(repository), time.milliseconds, reason]
            )
        }
    }

    /// Notes that a repository could be listed to its end.
    package func listed(_ repository: RepositoryName, of registry: RegistryRow) async throws {
        guard try await unlisted(of: registry).contains(where: { $0.name == repository }) else {
            return
        }
        try await write("write the inventory to") { db in
            try db.run(
                """
                DELETE FROM unlisted WHERE repositoryId =
                    (SELECT id FROM repository WHERE registryId = ? AND name = ?)
                """,
                [registry.id, repository.description]
            )
        }
    }

    /// The repositories of a registry that could not be listed, by name.
    package func unlisted(of registry: RegistryRow) async throws -> [UnlistedRepository] {
        try await read("read the inventory from") { db in
            try db.rows(
                """
                SELECT r.name, u.since, u.why FROM unlisted AS u
                JOIN repository AS r ON r.id = u.repositoryId
                WHERE r.registryId = ? ORDER BY r.name
                """,
                [registry.id]
            ).compactMap { row in
                RepositoryName(row[0] as String).map { name in
                    UnlistedRepository(
                        name: name,
                        failure: ListingFailure(
                            since: Timestamp(milliseconds: row[1]),
                            why: row[2]
                        )
                    )
                }
            }
        }
    }

    /// Bytes that only repositories of a registry have which could not be listed, as they were known
    /// last.
    package func unlistedBytes(of registry: RegistryRow) async throws -> Int64 {
        try await read("measure") { db in
            try db.number(
                """
                SELECT CAST(total(size) AS INTEGER) FROM (
                    SELECT b.size AS size FROM unlisted AS u
                    JOIN repository AS r ON r.id = u.repositoryId
                    JOIN repositoryBlob AS x ON x.repositoryId = r.id
                    JOIN blob AS b ON b.id = x.blobId
                    WHERE r.registryId = ? AND x.uses > 0
                    GROUP BY b.id HAVING sum(x.uses) >= b.uses
                )
                """,
                [registry.id]
            ) ?? 0
        }
    }
}
