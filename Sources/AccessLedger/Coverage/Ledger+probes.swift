import GRDB
package import RegistryModel

/// A manifest that a probe may read: one for each media type the registry holds.
package struct ProbeTarget: Sendable, Equatable {
    package var mediaType: String
    package var repository: RepositoryName
    package var digest: Digest
    package var manifestId: Int64
}

extension Ledger {
    /// One manifest of each media type, in a steady order, for probes to take turns over.
    ///
    /// Repositories that can't be listed mostly can't be read either, and that is no silence of the
    /// registry: they are passed over, unless there is nothing else.
    package func probeTargets(of registry: RegistryRow) async throws -> [ProbeTarget] {
        try await read("choose what to probe from") { db in
            let found = try Self.probeTargets(db, registry, isOfListed: true)
            return found.isEmpty
                ? try Self.probeTargets(db, registry, isOfListed: false) : found
        }
    }

    private static func probeTargets(
        _ db: Database,
        _ registry: RegistryRow,
        isOfListed: Bool
    ) throws -> [ProbeTarget] {
        let types = try db.rows(
            """
            SELECT s.mediaType, s.manifestId,
                m.goneAt IS NOT NULL OR (?2 AND u.repositoryId IS NOT NULL)
            FROM mediaTypeSample AS s JOIN manifest AS m ON m.id = s.manifestId
            LEFT JOIN unlisted AS u ON u.repositoryId = m.repositoryId
            WHERE s.registryId = ?1 ORDER BY s.mediaType
            """,
            [registry.id, isOfListed]
        )
        return try types.compactMap { row in
            let mediaType: String = row[0]
            let isUnfit: Bool = row[2]
            let id =
                isUnfit
                ? try db.number(
                    """
                    SELECT m.id FROM manifest AS m JOIN repository AS r ON r.id = m.repositoryId
                    LEFT JOIN unlisted AS u ON u.repositoryId = r.id
                    WHERE r.registryId = ?1 AND m.mediaType = ?2 AND m.goneAt IS NULL
                        AND NOT (?3 AND u.repositoryId IS NOT NULL)
                    LIMIT 1
                    """,
                    [registry.id, mediaType, isOfListed]
                ) : row[1] as Int64?
            guard let id else { return nil }
            return try probeTarget(db, id, mediaType)
        }
    }

    private static func probeTarget(
        _ db: Database,
        _ id: Int64,
        _ mediaType: String
    ) throws -> ProbeTarget? {
        let row = try db.row(
            """
            SELECT r.name, m.digest FROM manifest AS m JOIN repository AS r ON r.id = m.repositoryId
            WHERE m.id = ?
            """,
            [id]
        )
        guard let row, let repository = RepositoryName(row[0] as String),
            let digest = Digest(row[1] as String)
        else { return nil }
        return ProbeTarget(
            mediaType: mediaType,
            repository: repository,
            digest: digest,
            manifestId: id
        )
    }

    /// Writes down a probe before it is sent, so that its return is known whenever it comes.
    package func probeSent(
        _ name: String,
        to registry: RegistryRow,
        mediaType: String,
        at time: Timestamp
    ) async throws {
        try await write("write a probe to") { db in
            try db.run(
                "INSERT INTO probe (registryId, name, mediaType, sentAt) VALUES (?, ?, ?, ?)",
                [registry.id, name, mediaType, time.milliseconds]
            )
        }
    }

    /// Notes how the registry answered a probe.
    ///
    /// `failure` says why no event can be expected, and is nil when it was answered with 200;
    /// `isGap` whether that leaves open that others could read meanwhile.
    package func probeAnswered(
        _ name: String,
        at time: Timestamp,
        failure: String?,
        isGap: Bool
    ) async throws {
        try await write("write a probe's answer to") { db in
            try db.run(
                "UPDATE probe SET answeredAt = ?, failure = ?, isGap = ? WHERE name = ?",
                [time.milliseconds, failure, isGap, name]
            )
        }
    }

    /// The newest probes, newest first.
    package func probes(of registry: RegistryRow, limit: Int) async throws -> [ProbeRecord] {
        try await read("read the probes from") { db in
            try db.rows(
                """
                SELECT p.sentAt, p.mediaType, p.failure,
                    (SELECT min(returnedAt) FROM probeReturn WHERE probeId = p.id)
                FROM probe AS p WHERE p.registryId = ? ORDER BY p.sentAt DESC LIMIT ?
                """,
                [registry.id, limit]
            ).map { row in
                ProbeRecord(
                    sentAt: Timestamp(milliseconds: row[0]),
                    mediaType: row[1],
                    failure: row[2],
                    returnedAt: (row[3] as Int64?).map(Timestamp.init(milliseconds:))
                )
            }
        }
    }

    /// Sets or clears since when a registry is not heard; true when that changed.
    package func setGap(of registry: RegistryRow, since: Timestamp?) async throws -> Bool {
        try await write("note a gap in") { db in
            try db.run(
                """
                UPDATE registry SET gapSince = ?1 WHERE id = ?2 AND (gapSince IS NULL) <> (?1 IS NULL)
                """,
                [since?.milliseconds, registry.id]
            )
            return db.changesCount > 0
        }
    }
}
