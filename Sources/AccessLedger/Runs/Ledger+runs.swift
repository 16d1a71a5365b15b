import Foundation
import GRDB
package import RegistryModel

extension Ledger {
    /// Stores a plan whole, before anything is touched, with the events that announce it.
    ///
    /// With `endsOlder`, plans of the same that wait for approval are superseded by it.
    package func create(
        _ run: RunRecord,
        announcing events: [PruneEvent] = [],
        endsOlder: Bool = false
    ) async throws {
        try await write("store a plan in") { db in
            if endsOlder { try Self.supersede(by: run, db) }
            let reasons = String(
                decoding: try JSONSerialization.data(withJSONObject: run.keptReasons),
                as: UTF8.self
            )
            try db.run(
                """
                INSERT INTO run (name, cause, measured, scope, mode, state, note, createdAt,
                    endedAt, kept, keptReasons, fingerprint)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    run.name.description, run.cause, run.measured, run.scope, run.mode,
                    run.state.rawValue, run.note, run.createdAt.milliseconds,
                    run.endedAt?.milliseconds, run.kept, reasons, run.fingerprint,
                ]
            )
            let id = db.lastInsertedRowID
            for item in run.items { try Self.insert(item, of: id, at: run.createdAt, db) }
            for item in run.storage { try Self.insert(item, of: id, at: run.createdAt, db) }
            for item in run.engine { try Self.insert(item, of: id, at: run.createdAt, db) }
            for freed in run.freed { try Self.insert(freed, of: id, db) }
            for event in events { try Self.append(event, db) }
        }
    }

    private static func insert(
        _ item: RunItem,
        of run: Int64,
        at time: Timestamp,
        _ db: Database
    ) throws {
        try db.run(
            """
            INSERT INTO runItem (runId, ordinal, kind, registryId, repositoryId, tagId, tag,
                manifestId, digest, reason, why, policy, mode, lastAccess, accesses, bytes,
                removesManifest, state, detail, step, changedAt)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                run, item.ordinal, item.kind, item.registry.id, item.repositoryId, item.tagId,
                item.tag?.description, item.manifestId, item.digest?.description, item.reason,
                item.why, item.policy, item.isEnforced ? "enforce" : "observe",
                item.lastAccess?.milliseconds, item.accesses, item.bytes,
                item.removesManifest, item.state.rawValue, item.detail, item.step,
                time.milliseconds,
            ]
        )
    }

    /// One run with its items, or nil where there is none of that name.
    package func run(_ name: RunName) async throws -> RunRecord? {
        try await read("read a run from") { db in
            let row = try db.row(
                """
                SELECT id, name, cause, measured, scope, mode, state, note, createdAt, endedAt,
                    kept, keptReasons, fingerprint
                FROM run WHERE name = ?
                """,
                [name.description]
            )
            guard let row, var run = Self.runRecord(row) else { return nil }
            run.items = try Self.items(ofRun: row[0], db)
            run.storage = try Self.storageItems(ofRun: row[0], db)
            run.engine = try Self.engineItems(ofRun: row[0], db)
            run.freed = try Self.freed(byRun: row[0], db)
            return run
        }
    }

    /// The newest runs, newest first, without their items.
    package func runs(limit: Int) async throws -> [RunSummary] {
        try await read("read the runs from") { db in
            try db.rows(
                """
                SELECT id, name, cause, measured, scope, mode, state, note, createdAt, endedAt,
                    kept, keptReasons, fingerprint,
                    (SELECT count(*) FROM runItem WHERE runId = run.id)
                        + (SELECT count(*) FROM storageItem WHERE runId = run.id)
                        + (SELECT count(*) FROM engineItem WHERE runId = run.id),
                    (SELECT count(*) FROM runItem WHERE runId = run.id AND state = 'done')
                        + (SELECT count(*) FROM storageItem
                            WHERE runId = run.id AND state IN ('done', 'quarantined'))
                        + (SELECT count(*) FROM engineItem
                            WHERE runId = run.id AND state = 'done'),
                    (SELECT ifnull(sum(bytes), 0) FROM runItem
                        WHERE runId = run.id AND (state = 'done'
                            OR (state = 'planned' AND run.state IN ('planned', 'waiting'))))
                        + (SELECT ifnull(sum(bytes), 0) FROM storageItem
                            WHERE runId = run.id AND (state IN ('done', 'quarantined')
                                OR (state = 'planned' AND run.state IN ('planned', 'waiting'))))
                        + (SELECT ifnull(sum(bytes), 0) FROM engineItem
                            WHERE runId = run.id AND (state = 'done'
                                OR (state = 'planned' AND run.state IN ('planned', 'waiting')))),
                    (SELECT ifnull(sum(reclaimed), 0) FROM storageItem WHERE runId = run.id)
                        + (SELECT ifnull(sum(reclaimed), 0) FROM runFreed WHERE runId = run.id)
                FROM run ORDER BY id DESC LIMIT ?
                """,
                [limit]
            ).compactMap { row in
                Self.runRecord(row).map {
                    RunSummary(
                        run: $0,
                        items: row[13],
                        done: row[14],
                        released: row[15],
                        reclaimed: row[16]
                    )
                }
            }
        }
    }

    /// Names of the runs in a state, oldest first.
    package func runs(in state: RunRecord.State) async throws -> [RunName] {
        try await read("read the runs from") { db in
            try db.rows("SELECT name FROM run WHERE state = ? ORDER BY id", [state.rawValue])
                .compactMap { RunName($0[0] as String) }
        }
    }

    /// Names of the runs with a removal that failed half way and waits to be finished, oldest first.
    package func halfDoneRuns() async throws -> [RunName] {
        try await read("read the runs from") { db in
            try db.rows(
                """
                SELECT name FROM run WHERE id IN (
                    SELECT runId FROM runItem WHERE state = 'failed' AND step <> ''
                ) ORDER BY id
                """,
                []
            ).compactMap { RunName($0[0] as String) }
        }
    }

    /// Whether a cause has stored the same plan before, and it is still in that state.
    package func isHeld(
        _ fingerprint: String,
        ofCause cause: String,
        in state: RunRecord.State
    ) async throws -> Bool {
        try await read("read the runs from") { db in
            try db.number(
                """
                SELECT EXISTS (
                    SELECT 1 FROM run
                    WHERE cause = ? AND fingerprint = ? AND state = ?
                )
                """,
                [cause, fingerprint, state.rawValue]
            ) == 1
        }
    }

    /// The newest plan of a cause that waits for approval and would remove the same, asked for alike.
    package func waitingRun(
        _ fingerprint: String,
        ofCause cause: String,
        scope: String
    ) async throws -> RunRecord? {
        let name = try await read("read the runs from") { db in
            try db.row(
                """
                SELECT name FROM run
                WHERE cause = ? AND fingerprint = ? AND scope = ? AND state = 'waiting'
                ORDER BY id DESC LIMIT 1
                """,
                [cause, fingerprint, scope]
            ).flatMap { RunName($0[0] as String) }
        }
        guard let name else { return nil }
        return try await run(name)
    }

    /// Changes a run's state, and writes the events that tell of it in the same transaction.
    package func set(
        _ state: RunRecord.State,
        of run: RunName,
        note: String,
        at time: Timestamp,
        events: [PruneEvent] = []
    ) async throws {
        try await write("write a run to") { db in
            try Self.set(state, of: run, note: note, at: time, events: events, db)
        }
    }

    /// Changes a run's note, and nothing else of it.
    package func set(note: String, of run: RunName) async throws {
        try await write("write a run to") { db in
            try db.run("UPDATE run SET note = ? WHERE name = ?", [note, run.description])
        }
    }

    static func set(
        _ state: RunRecord.State,
        of run: RunName,
        note: String,
        at time: Timestamp,
        events: [PruneEvent],
        _ db: Database
    ) throws {
        try db.run(
            "UPDATE run SET state = ?, note = ?, endedAt = ? WHERE name = ?",
            [state.rawValue, note, state.isOver ? time.milliseconds : nil, run.description]
        )
        for event in events { try Self.append(event, db) }
    }
}

/// A run without its items.
package struct RunSummary: Sendable, Equatable {
    package var run: RunRecord
    package var items: Int
    package var done: Int
    package var released: Int64
    /// Bytes that are off the registry's disk.
    package var reclaimed: Int64
}
