import GRDB
package import RegistryModel

extension Ledger {
    /// What is remembered of a repository over time.
    package func past(
        of repositoryId: Int64,
        needsLabels: Bool = false
    ) async throws -> RepositoryPast? {
        try await fold()
        return try await read("read the past of a repository from") { db in
            guard let facts = try Self.repositoryFacts(db, repositoryId) else { return nil }
            return RepositoryPast(
                facts: facts,
                tags: try Self.pastTags(of: repositoryId, db),
                manifests: try Self.pastManifests(of: repositoryId, needsLabels, db),
                missed: try Self.missed(in: repositoryId, db)
            )
        }
    }

    private static func pastTags(
        of repositoryId: Int64,
        _ db: Database
    ) throws -> [RepositoryPast.Tag] {
        try db.rows(
            """
            SELECT id, name, firstSeen, pushedAt, goneAt, toldAt, toldPullAt
            FROM tag WHERE repositoryId = ?
            """,
            [repositoryId]
        ).compactMap { row in
            guard let name = TagName(row[1] as String) else { return nil }
            var tag = RepositoryPast.Tag(
                id: row[0],
                name: name,
                firstSeen: Timestamp(milliseconds: row[2]),
                pushedAt: (row[3] as Int64?).map(Timestamp.init(milliseconds:)),
                moves: try moves(of: row[0], goneAt: row[4], db),
                hours: try pastHours("tag", row[0], db)
            )
            guard let toldAt: Int64 = row[5] else { return tag }
            let lastPull = (row[6] as Int64?).map(Timestamp.init(milliseconds:))
            tag.told = ToldFacts(at: Timestamp(milliseconds: toldAt), lastPull: lastPull)
            // Since its last push it points to what it was seen to point to.
            if let pushed = tag.pushedAt, let first = tag.moves.first, pushed < first.since {
                tag.moves[0].since = pushed
                tag.firstSeen = min(tag.firstSeen, pushed)
            }
            return tag
        }
    }

    /// Where a tag pointed, with its ends; of both at one moment the end comes first.
    private static func moves(
        of tag: Int64,
        goneAt: Int64?,
        _ db: Database
    ) throws -> [RepositoryPast.Tag.Move] {
        try db.rows(
            """
            SELECT since, manifestId, 1 AS rank FROM tagMove WHERE tagId = ?1
            UNION SELECT at, NULL, 0 FROM tagEnd WHERE tagId = ?1
            UNION SELECT ?2, NULL, 0 WHERE ?2 IS NOT NULL
            ORDER BY 1, 3
            """,
            [tag, goneAt]
        ).map { .init(since: Timestamp(milliseconds: $0[0]), manifest: $0[1]) }
    }

    private static func pastManifests(
        of repositoryId: Int64,
        _ needsLabels: Bool,
        _ db: Database
    ) throws -> [RepositoryPast.Manifest] {
        let reader = SliceReader(db: db) { _ in
            SliceRule(tagWindow: nil, untaggedWindow: nil, newest: 0)
        }
        return try db.rows(
            """
            SELECT id, digest, reading, firstSeen, pushedAt, goneAt, subject
            FROM manifest WHERE repositoryId = ?
            """,
            [repositoryId]
        ).compactMap { row in
            guard let digest = Digest(row[1] as String) else { return nil }
            var manifest = RepositoryPast.Manifest(
                id: row[0],
                digest: digest,
                reading: ManifestFacts.Reading(rawValue: row[2]) ?? .unreadable,
                firstSeen: Timestamp(milliseconds: row[3])
            )
            manifest.pushedAt = (row[4] as Int64?).map(Timestamp.init(milliseconds:))
            manifest.goneAt = (row[5] as Int64?).map(Timestamp.init(milliseconds:))
            manifest.subject = (row[6] as String?).flatMap { Digest($0) }
            manifest.children = try db.rows(
                "SELECT digest FROM manifestChild WHERE parentId = ? ORDER BY digest",
                [manifest.id]
            ).compactMap { Digest($0[0] as String) }
            manifest.blobs = try reader.blobs(of: manifest.id)
            manifest.labels = needsLabels ? try reader.ownLabels(of: manifest.id) : nil
            manifest.hours = try pastHours("manifest", manifest.id, db)
            return manifest
        }
    }

    /// What was asked for after it was really removed.
    private static func missed(
        in repositoryId: Int64,
        _ db: Database
    ) throws -> [RepositoryPast.Missed] {
        try db.rows(
            """
            SELECT tag, digest, firstAt, lastAt, requests FROM regret
            WHERE repositoryId = ? AND kind IN ('tag', 'manifest') ORDER BY firstAt
            """,
            [repositoryId]
        ).map { row in
            RepositoryPast.Missed(
                tag: (row[0] as String?).flatMap { TagName($0) },
                digest: (row[1] as String?).flatMap { Digest($0) },
                first: Timestamp(milliseconds: row[2]),
                last: Timestamp(milliseconds: row[3]),
                count: row[4]
            )
        }
    }

    /// The hours of one row; of two sources that report the same hour the larger count holds.
    private static func pastHours(
        _ kind: String,
        _ id: Int64,
        _ db: Database
    ) throws -> [RepositoryPast.Hour] {
        let sql =
            kind == "tag"
            ? """
            SELECT hour, max(pulls), max(resolves), max(pushes), max(lastAt) FROM tagHour
            WHERE tagId = ? GROUP BY hour ORDER BY hour
            """
            : """
            SELECT hour, max(pulls), max(resolves), max(pushes), max(lastAt) FROM manifestHour
            WHERE manifestId = ? GROUP BY hour ORDER BY hour
            """
        return try db.rows(sql, [id]).map { row in
            RepositoryPast.Hour(
                hour: row[0],
                counts: AccessCounts(pulls: row[1], resolves: row[2], pushes: row[3]),
                lastAt: Timestamp(milliseconds: row[4])
            )
        }
    }
}
