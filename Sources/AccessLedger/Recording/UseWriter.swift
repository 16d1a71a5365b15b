import GRDB
import RegistryModel

/// Writes how often and when rows were used.
///
/// The hours are exact; the rows' own last access and its indexes, by which candidates are found and
/// which cost ten times as much to write, follow.
struct UseWriter {
    let db: Database

    /// Adds to the counts of an hour: row, hour, source, pulls, resolves, pushes, last time.
    func addition(to kind: CountedRow.Kind) throws -> Statement {
        let sql =
            switch kind {
            case .manifest:
                """
                INSERT INTO manifestHour (manifestId, hour, source, pulls, resolves, pushes, lastAt)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                ON CONFLICT (manifestId, hour, source) DO UPDATE SET
                    pulls = pulls + ?4,
                    resolves = resolves + ?5,
                    pushes = pushes + ?6,
                    lastAt = max(lastAt, ?7)
                """
            case .tag:
                """
                INSERT INTO tagHour (tagId, hour, source, pulls, resolves, pushes, lastAt)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                ON CONFLICT (tagId, hour, source) DO UPDATE SET
                    pulls = pulls + ?4,
                    resolves = resolves + ?5,
                    pushes = pushes + ?6,
                    lastAt = max(lastAt, ?7)
                """
            }
        return try db.cachedStatement(sql: sql)
    }

    /// Adds to the counts of an hour, or takes from them.
    ///
    /// `isLowered` says that uses are taken back, and that `lastAt` is what is left.
    func change(
        _ row: CountedRow,
        in hour: CountedHour,
        by counts: AccessCounts,
        lastAt: Int64,
        isLowered: Bool
    ) throws {
        let sql =
            switch row.kind {
            case .manifest:
                """
                INSERT INTO manifestHour (manifestId, hour, source, pulls, resolves, pushes, lastAt)
                VALUES (?1, ?2, ?3, max(0, ?4), max(0, ?5), max(0, ?6), ?7)
                ON CONFLICT (manifestId, hour, source) DO UPDATE SET
                    pulls = max(0, pulls + ?4),
                    resolves = max(0, resolves + ?5),
                    pushes = max(0, pushes + ?6),
                    lastAt = iif(?8, min(lastAt, ?7), max(lastAt, ?7))
                """
            case .tag:
                """
                INSERT INTO tagHour (tagId, hour, source, pulls, resolves, pushes, lastAt)
                VALUES (?1, ?2, ?3, max(0, ?4), max(0, ?5), max(0, ?6), ?7)
                ON CONFLICT (tagId, hour, source) DO UPDATE SET
                    pulls = max(0, pulls + ?4),
                    resolves = max(0, resolves + ?5),
                    pushes = max(0, pushes + ?6),
                    lastAt = iif(?8, min(lastAt, ?7), max(lastAt, ?7))
                """
            }
        try db.run(
            sql,
            [
                row.id, hour.hour, hour.source, counts.pulls, counts.resolves, counts.pushes,
                lastAt, isLowered,
            ]
        )
    }

    func raise(tag id: Int64, to time: Int64) throws {
        try db.cachedStatement(
            sql: """
                UPDATE tag SET lastAccess = max(lastAccess, ?1), lastUse = max(lastUse, ?1)
                WHERE id = ?2
                """
        ).execute(words: [time, id])
    }

    /// Takes a tag's last access back to what it was before; what its manifest was used for stays.
    func lower(tag id: Int64, to time: Int64) throws {
        try db.run(
            "UPDATE tag SET lastAccess = ?1, lastUse = max(lastUse, ?1) WHERE id = ?2",
            [time, id]
        )
    }

    /// Takes a manifest's last access, and that of its tags, back to what it was before.
    func lower(manifest id: Int64, to time: Int64) throws {
        try db.run("UPDATE manifest SET lastAccess = ? WHERE id = ?", [time, id])
        try db.run(
            "UPDATE tag SET lastUse = max(lastAccess, ?) WHERE manifestId = ? AND goneAt IS NULL",
            [time, id]
        )
    }

    /// Carries a manifest's last access to its row, its tags and every index that holds it, and
    /// returns these indexes.
    func raise(manifest id: Int64, to time: Int64) throws -> [ManifestKey] {
        let row = try db.row("SELECT repositoryId, digest FROM manifest WHERE id = ?", [id])
        guard let row else { return [] }
        let repositoryId: Int64 = row[0]
        try db.cachedStatement(
            sql: "UPDATE manifest SET lastAccess = max(lastAccess, ?) WHERE id = ?"
        ).execute(words: [time, id])
        var warmed: [ManifestKey] = []
        var waiting = [(id: id, digest: row[1] as String)]
        while let next = waiting.popLast() {
            let parents = try warm(next.id, next.digest, in: repositoryId, to: time)
            waiting += parents
            warmed += parents.compactMap { parent in
                Digest(parent.digest).map { ManifestKey(repositoryId: repositoryId, digest: $0) }
            }
        }
        return warmed
    }

    private func warm(
        _ id: Int64,
        _ digest: String,
        in repositoryId: Int64,
        to time: Int64
    ) throws -> [(id: Int64, digest: String)] {
        try db.cachedStatement(
            sql: """
                UPDATE tag SET lastUse = ?1 WHERE manifestId = ?2 AND goneAt IS NULL AND lastUse < ?1
                """
        ).execute(words: [time, id])
        let parents = try db.rows(
            """
            SELECT p.id, p.digest FROM manifestChild AS c
            JOIN manifest AS p ON p.id = c.parentId
            WHERE c.repositoryId = ? AND c.digest = ? AND p.lastAccess < ?
            """,
            [repositoryId, digest, time]
        )
        for parent in parents {
            try db.run(
                "UPDATE manifest SET lastAccess = ? WHERE id = ?",
                [time, parent[0] as Int64]
            )
        }
        return parents.map { (id: $0[0], digest: $0[1]) }
    }
}
