import GRDB
package import RegistryModel

// Runs leave the ledger when nobody can need them any more.
extension Ledger {
    /// Drops a few runs that ended long ago; false when none is left to drop.
    ///
    /// Long ago is before every event that the outbox still holds could name them. What removed images
    /// stays, for it can be put back, or `explain` tells of it; so does what has something in quarantine
    /// or half done, and what was regretted.
    package func rollOffRuns(now: Timestamp) async throws -> Bool {
        let horizon = (now - Self.eventTime).milliseconds
        let runs = try await read("look for old runs in") { db in
            try db.rows(
                """
                SELECT id, cause FROM run
                WHERE state NOT IN ('waiting', 'running') AND ifnull(endedAt, createdAt) < ?1
                    AND NOT EXISTS (SELECT 1 FROM runItem WHERE runId = run.id
                        AND (state IN ('started', 'quarantined', 'done') OR step <> ''))
                    AND NOT EXISTS (SELECT 1 FROM storageItem WHERE runId = run.id
                        AND (state IN ('started', 'quarantined', 'failed')
                            OR state = 'done' AND kind IN ('tag', 'manifest')))
                    AND NOT EXISTS (SELECT 1 FROM engineItem WHERE runId = run.id
                        AND (state = 'started' OR state = 'done' AND kind = 'image'))
                    AND NOT EXISTS (SELECT 1 FROM missed WHERE runId = run.id)
                    AND NOT EXISTS (SELECT 1 FROM regret WHERE runId = run.id)
                    AND name NOT IN (
                        SELECT iif(json_valid(attributes),
                            ifnull(json_extract(attributes, '$.run'), ''), '') FROM event
                    )
                ORDER BY id LIMIT ?2
                """,
                [horizon, Self.runsDroppedAtOnce]
            ).map { (id: $0[0] as Int64, cause: $0[1] as String) }
        }
        for run in runs { try await drop(run.id, ofCause: run.cause) }
        return runs.count >= Self.runsDroppedAtOnce
    }

    /// Drops one run, its items first and in parts: webhooks wait meanwhile.
    private func drop(_ id: Int64, ofCause cause: String) async throws {
        var isMore = true
        while isMore {
            isMore = try await transaction("drop an old run from") { db in
                try db.run(
                    """
                    DELETE FROM storageItem WHERE runId = ?1 AND ordinal IN (
                        SELECT ordinal FROM storageItem WHERE runId = ?1 LIMIT ?2
                    )
                    """,
                    [id, Self.itemsDroppedAtOnce]
                )
                var dropped = db.changesCount
                try db.run(
                    """
                    DELETE FROM runItem WHERE runId = ?1 AND ordinal IN (
                        SELECT ordinal FROM runItem WHERE runId = ?1 LIMIT ?2
                    )
                    """,
                    [id, Self.itemsDroppedAtOnce]
                )
                dropped += db.changesCount
                guard dropped == 0 else { return true }
                try db.run("DELETE FROM run WHERE id = ?", [id])
                try db.run(
                    """
                    INSERT INTO formerRuns (cause, runs) VALUES (?, 1)
                    ON CONFLICT (cause) DO UPDATE SET runs = runs + 1
                    """,
                    [cause]
                )
                return false
            }
        }
    }

    private static let runsDroppedAtOnce = 50
    private static let itemsDroppedAtOnce = 2_000
}
