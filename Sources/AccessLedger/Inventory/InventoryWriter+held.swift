import GRDB
import RegistryModel

extension InventoryWriter {
    /// Finds out anew whether a manifest is held, and carries a change on to what it holds.
    ///
    /// With a list of what is left to do, since nobody keeps a pusher from nesting deeply.
    func refreshHeld(_ id: Int64, at time: Timestamp? = nil) throws {
        var waiting = [id]
        while let next = waiting.popLast() {
            if try changeHeld(next, at: next == id ? time : nil) {
                waiting += try dependents(of: next)
            }
        }
    }

    /// Corrects one manifest's mark; true when it changed.
    private func changeHeld(_ id: Int64, at time: Timestamp?) throws -> Bool {
        guard let known = try manifest(id: id), known.goneAt == nil else { return false }
        let isHeld =
            try db.number(
                """
                SELECT EXISTS (SELECT 1 FROM tag WHERE manifestId = m.id AND goneAt IS NULL)
                    OR EXISTS (
                        SELECT 1 FROM manifestChild AS c JOIN manifest AS p ON p.id = c.parentId
                        WHERE c.repositoryId = m.repositoryId AND c.digest = m.digest
                            AND p.isHeld = 1 AND p.goneAt IS NULL
                    )
                    OR EXISTS (
                        SELECT 1 FROM manifest AS s
                        WHERE s.repositoryId = m.repositoryId AND s.digest = m.subject
                            AND s.isHeld = 1 AND s.goneAt IS NULL
                    )
                FROM manifest AS m WHERE m.id = ?
                """,
                [id]
            ) == 1
        guard isHeld != known.isHeld else { return false }
        try setHeld(id, isHeld, at: time)
        return true
    }

    /// Refreshes what a manifest holds and its referrers; content addresses make no cycles.
    func refreshDependents(of id: Int64) throws {
        for dependent in try dependents(of: id) { try refreshHeld(dependent) }
    }

    private func dependents(of id: Int64) throws -> [Int64] {
        try db.numbers(
            """
            SELECT m.id FROM manifestChild AS c
            JOIN manifest AS m ON m.repositoryId = c.repositoryId AND m.digest = c.digest
            WHERE c.parentId = ?1 AND m.goneAt IS NULL
            UNION
            SELECT r.id FROM manifest AS s
            JOIN manifest AS r ON r.repositoryId = s.repositoryId AND r.subject = s.digest
            WHERE s.id = ?1 AND r.goneAt IS NULL
            """,
            [id]
        ).filter { $0 != id }
    }

    /// Sets the mark, since when it is untagged, and the counters that hang on it.
    func setHeld(_ id: Int64, _ isHeld: Bool, at time: Timestamp?) throws {
        guard let known = try manifest(id: id), known.isHeld != isHeld else { return }
        try db.run(
            "UPDATE manifest SET isHeld = ?, untaggedSince = ? WHERE id = ?",
            [isHeld, isHeld ? nil : (time ?? now).milliseconds, id]
        )
        try db.run(
            "UPDATE repository SET untagged = untagged + ? WHERE id = ?",
            [isHeld ? -1 : 1, known.repositoryId]
        )
        if known.reading == 1 {
            try adjustBlobs(of: id, uses: 0, heldUses: isHeld ? 1 : -1)
        }
    }

    /// Adds to the counts of all that a manifest refers to, and to the bytes that follow.
    func adjustBlobs(of id: Int64, uses: Int, heldUses: Int) throws {
        let blobs = try db.rows(
            """
            SELECT b.id, b.size, b.uses, m.repositoryId
            FROM manifestBlob AS mb
            JOIN blob AS b ON b.id = mb.blobId
            JOIN manifest AS m ON m.id = mb.manifestId
            WHERE mb.manifestId = ?
            """,
            [id]
        )
        guard let repositoryId: Int64 = blobs.first?[3] else { return }
        var registryBytes: Int64 = 0
        var bytes: Int64 = 0
        var untaggedBytes: Int64 = 0
        for blob in blobs {
            let blobId: Int64 = blob[0]
            let size: Int64 = blob[1]
            if uses != 0 {
                let before: Int = blob[2]
                try db.run("UPDATE blob SET uses = uses + ? WHERE id = ?", [uses, blobId])
                registryBytes += size * change(before > 0, before + uses > 0)
            }
            let old = try db.row(
                "SELECT uses, heldUses FROM repositoryBlob WHERE repositoryId = ? AND blobId = ?",
                [repositoryId, blobId]
            )
            let oldUses: Int = old?[0] ?? 0
            let oldHeld: Int = old?[1] ?? 0
            try db.run(
                """
                INSERT INTO repositoryBlob (repositoryId, blobId, uses, heldUses)
                VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (repositoryId, blobId)
                DO UPDATE SET uses = excluded.uses, heldUses = excluded.heldUses
                """,
                [repositoryId, blobId, oldUses + uses, oldHeld + heldUses]
            )
            bytes += size * change(oldUses > 0, oldUses + uses > 0)
            untaggedBytes +=
                size
                * change(
                    oldUses > 0 && oldHeld == 0,
                    oldUses + uses > 0 && oldHeld + heldUses == 0
                )
        }
        try addBytes(bytes, untaggedBytes, toRepository: repositoryId)
        try addRegistryBytes(registryBytes)
    }

    /// Adds to what a repository's manifests refer to; sums stop at a bound, where one more would be
    /// no whole number any more.
    func addBytes(_ bytes: Int64, _ untagged: Int64, toRepository id: Int64) throws {
        try db.run(
            """
            UPDATE repository SET bytes = max(0, min(?4, bytes + ?1)),
                untaggedBytes = max(0, min(?4, untaggedBytes + ?2))
            WHERE id = ?3
            """,
            [bytes, untagged, id, Self.largestSum]
        )
    }

    func addRegistryBytes(_ bytes: Int64) throws {
        guard bytes != 0 else { return }
        try db.run(
            "UPDATE registry SET bytes = max(0, min(?3, bytes + ?1)) WHERE id = ?2",
            [bytes, registryId, Self.largestSum]
        )
    }

    private static let largestSum: Int64 = 1 << 62

    private func change(_ before: Bool, _ after: Bool) -> Int64 {
        (after ? 1 : 0) - (before ? 1 : 0)
    }
}
