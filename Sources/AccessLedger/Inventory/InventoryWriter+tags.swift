import GRDB
import RegistryModel

extension InventoryWriter {
    /// A tag's row, as far as writing needs it.
    struct Tag {
        var id: Int64
        var manifestId: Int64?
        var movedAt: Int64
        var pushedAt: Int64?
        var lastAccess: Int64
        var lastUse: Int64
        var goneAt: Int64?

        /// Whether a push at `time` is not what made the tag what it is: it pointed elsewhere then,
        /// and nobody knows when it was pushed to where it points now.
        func wasPushedSince(_ time: Timestamp, to manifest: Int64?) -> Bool {
            goneAt == nil && pushedAt == nil && manifestId != nil && manifestId != manifest
                && time.milliseconds < movedAt
        }
    }

    func knownTag(_ name: TagName, in repositoryId: Int64) throws -> Tag? {
        try db.first(
            """
            SELECT id, manifestId, movedAt, pushedAt, lastAccess, lastUse, goneAt
            FROM tag WHERE repositoryId = ? AND name = ?
            """,
            [repositoryId, name.description]
        ) { row in
            Tag(
                id: row[0],
                manifestId: row[1],
                movedAt: row[2],
                pushedAt: row[3],
                lastAccess: row[4],
                lastUse: row[5],
                goneAt: row[6]
            )
        }
    }

    /// Notes that at `time` a tag pointed to a manifest, and returns the tag's row.
    ///
    /// Without a manifest: that the tag was there, pointing to what is not known. A tag found to have
    /// moved was pushed, though nobody heard it, and counts as such. News that is older than what is
    /// known only enters the tag's history.
    @discardableResult
    func tagSeen(
        _ name: TagName,
        in repositoryId: Int64,
        pointingTo manifestId: Int64?,
        at time: Timestamp,
        seenAt: Timestamp,
        by sighting: TagSighting
    ) throws -> Int64 {
        let isPush = sighting == .push
        guard let known = try knownTag(name, in: repositoryId) else {
            let id = try insertTag(name, repositoryId, manifestId, time, seenAt, isPush)
            try noteMove(of: id, to: manifestId, at: time)
            try db.run("UPDATE repository SET tags = tags + 1 WHERE id = ?", [repositoryId])
            if let manifestId { try refreshHeld(manifestId) }
            return id
        }
        if let goneAt = known.goneAt {
            guard goneAt < time.milliseconds else { return known.id }
            try db.run(
                """
                UPDATE tag SET goneAt = NULL, firstSeen = ?1, pushedAt = NULL, pushRank = ?1,
                    manifestId = NULL, movedAt = ?2
                WHERE id = ?3
                """,
                [seenAt.milliseconds, time.milliseconds, known.id]
            )
            try db.run("UPDATE repository SET tags = tags + 1 WHERE id = ?", [repositoryId])
        }
        if isPush, !known.wasPushedSince(time, to: manifestId) {
            try db.run(
                """
                UPDATE tag SET pushedAt = max(ifnull(pushedAt, 0), ?1), pushRank = max(pushRank, ?1)
                WHERE id = ?2
                """,
                [time.milliseconds, known.id]
            )
        }
        guard let manifestId else { return known.id }
        let isUnchanged = known.goneAt == nil && known.manifestId == manifestId
        if isUnchanged, !isPush || time.milliseconds <= known.movedAt { return known.id }
        try noteMove(of: known.id, to: manifestId, at: time)
        guard time.milliseconds >= known.movedAt || known.goneAt != nil else { return known.id }
        try point(known, at: manifestId, since: time)
        if case .found(let foundAt?) = sighting, known.goneAt == nil,
            let former = known.manifestId, try isProven(former)
        {
            try tagFoundMoved(known.id, to: manifestId, at: foundAt)
        }
        return known.id
    }

    /// Enters into a tag's history that it was pushed once more, with what it points to already; its
    /// row follows with ``tagPushedLast(_:at:)``.
    func tagPushedAgain(_ id: Int64, at time: Timestamp) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO tagMove (tagId, since, manifestId)
                SELECT id, ?2, manifestId FROM tag WHERE id = ?1 AND movedAt < ?2
                ON CONFLICT (tagId, since) DO UPDATE SET manifestId = excluded.manifestId
                """
        ).execute(words: [id, time.milliseconds])
    }

    /// Notes when a tag that is there was pushed last.
    func tagPushedLast(_ id: Int64, at time: Timestamp) throws {
        try db.cachedStatement(
            sql: """
                UPDATE tag
                SET pushedAt = max(ifnull(pushedAt, 0), ?2), pushRank = max(pushRank, ?2),
                    movedAt = max(movedAt, ?2)
                WHERE id = ?1
                """
        ).execute(words: [id, time.milliseconds])
    }

    /// Notes that a tag was pushed to a manifest at a time that nobody heard: at `time` at the latest.
    ///
    /// What is only known since it was first seen never becomes older by that.
    private func tagFoundMoved(_ id: Int64, to manifestId: Int64, at time: Timestamp) throws {
        try db.run(
            """
            UPDATE tag
            SET pushedAt = max(ifnull(pushedAt, firstSeen), ?1), pushRank = max(pushRank, ?1)
            WHERE id = ?2
            """,
            [time.milliseconds, id]
        )
        try db.run(
            "UPDATE manifest SET pushedAt = max(ifnull(pushedAt, firstSeen), ?) WHERE id = ?",
            [time.milliseconds, manifestId]
        )
    }

    /// Notes that a manifest was pushed.
    func manifestPushed(_ id: Int64, at time: Timestamp) throws {
        try db.cachedStatement(
            sql: "UPDATE manifest SET pushedAt = max(ifnull(pushedAt, 0), ?) WHERE id = ?"
        ).execute(words: [time.milliseconds, id])
    }

    /// Marks a tag as gone.
    func tagGone(_ id: Int64, at time: Timestamp) throws {
        guard
            let row = try db.row(
                "SELECT repositoryId, manifestId FROM tag WHERE id = ? AND goneAt IS NULL",
                [id]
            )
        else { return }
        try db.run("UPDATE tag SET goneAt = ? WHERE id = ?", [time.milliseconds, id])
        try db.run(
            "INSERT INTO tagEnd (tagId, at) VALUES (?, ?) ON CONFLICT (tagId, at) DO NOTHING",
            [id, time.milliseconds]
        )
        try db.run("UPDATE repository SET tags = tags - 1 WHERE id = ?", [row[0] as Int64])
        if let manifestId: Int64 = row[1] { try refreshHeld(manifestId, at: time) }
    }

    /// What a tag is known to have pointed to, in the order of time.
    func moves(ofTag id: Int64) throws -> [TagMove] {
        try db.rows(
            """
            SELECT t.since, m.digest FROM tagMove AS t JOIN manifest AS m ON m.id = t.manifestId
            WHERE t.tagId = ? ORDER BY t.since
            """,
            [id]
        ).compactMap { row in
            Digest(row[1] as String).map { TagMove(since: row[0], digest: $0) }
        }
    }

    private func insertTag(
        _ name: TagName,
        _ repositoryId: Int64,
        _ manifestId: Int64?,
        _ time: Timestamp,
        _ seenAt: Timestamp,
        _ isPush: Bool
    ) throws -> Int64 {
        let version = VersionTag(name)
        try db.run(
            """
            INSERT INTO tag
                (registryId, repositoryId, name, isReferrer, manifestId, movedAt, firstSeen,
                 pushedAt, pushRank, lastUse, series, major, minor, patch)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
                ifnull((SELECT lastAccess FROM manifest WHERE id = ?5), 0), ?10, ?11, ?12, ?13)
            """,
            [
                registryId, repositoryId, name.description, name.subject != nil, manifestId,
                time.milliseconds, seenAt.milliseconds, isPush ? time.milliseconds : nil,
                isPush ? time.milliseconds : seenAt.milliseconds,
                version?.series ?? "", version?.major, version?.minor, version?.patch,
            ]
        )
        return db.lastInsertedRowID
    }

    private func noteMove(of id: Int64, to manifestId: Int64?, at time: Timestamp) throws {
        guard let manifestId else { return }
        try db.run(
            """
            INSERT INTO tagMove (tagId, since, manifestId) VALUES (?, ?, ?)
            ON CONFLICT (tagId, since) DO UPDATE SET manifestId = excluded.manifestId
            """,
            [id, time.milliseconds, manifestId]
        )
    }

    private func point(_ tag: Tag, at manifestId: Int64, since time: Timestamp) throws {
        try db.run(
            """
            UPDATE tag SET manifestId = ?1, movedAt = ?2,
                lastUse = max(lastAccess, (SELECT lastAccess FROM manifest WHERE id = ?1))
            WHERE id = ?3
            """,
            [manifestId, time.milliseconds, tag.id]
        )
        if tag.goneAt == nil, tag.manifestId == nil {
            try creditUnresolved(tag.id, to: manifestId)
        }
        if let old = tag.manifestId, old != manifestId { try refreshHeld(old, at: time) }
        try refreshHeld(manifestId)
    }

    /// Credits to a manifest what was heard of its tag before it was known where the tag points.
    private func creditUnresolved(_ tagId: Int64, to manifestId: Int64) throws {
        try db.run(
            """
            INSERT INTO manifestHour (manifestId, hour, source, pulls, resolves, pushes, lastAt)
            SELECT ?1, hour, source, pulls, resolves, pushes, lastAt FROM tagHour WHERE tagId = ?2
            ON CONFLICT (manifestId, hour, source) DO UPDATE SET
                pulls = pulls + excluded.pulls,
                resolves = resolves + excluded.resolves,
                pushes = pushes + excluded.pushes,
                lastAt = max(lastAt, excluded.lastAt)
            """,
            [manifestId, tagId]
        )
        try db.run(
            """
            UPDATE manifest
            SET lastAccess = max(lastAccess, (SELECT lastAccess FROM tag WHERE id = ?2))
            WHERE id = ?1
            """,
            [manifestId, tagId]
        )
    }
}
