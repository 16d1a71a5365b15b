import Foundation
import GRDB
package import RegistryModel

// The items of runs in engines, and what was measured of a run.
extension Ledger {
    static func insert(
        _ item: EngineItem,
        of run: Int64,
        at time: Timestamp,
        _ db: Database
    ) throws {
        let names = try JSONEncoder.sorted.encode(item.names)
        let digests = try JSONEncoder.sorted.encode(item.digests)
        try db.run(
            """
            INSERT INTO engineItem (runId, ordinal, engineId, kind, subject, names, digests,
                reason, why, policy, mode, lastUse, uses, bytes, size, state, detail, changedAt)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                run, item.ordinal, item.engine.id, item.kind, item.subject,
                String(decoding: names, as: UTF8.self), String(decoding: digests, as: UTF8.self),
                item.reason, item.why, item.policy, item.isEnforced ? "enforce" : "observe",
                item.lastUse?.milliseconds, item.uses,
                item.bytes, item.size, item.state.rawValue, item.detail, time.milliseconds,
            ]
        )
    }

    static func engineItems(ofRun id: Int64, _ db: Database) throws -> [EngineItem] {
        try db.rows(
            """
            SELECT i.ordinal, i.engineId, e.name, i.kind, i.subject, i.names, i.reason, i.why,
                i.policy, i.mode, i.lastUse, i.uses, i.bytes, i.size, i.state, i.detail,
                i.digests
            FROM engineItem AS i JOIN engine AS e ON e.id = i.engineId
            WHERE i.runId = ? ORDER BY i.ordinal
            """,
            [id]
        ).map { row in
            EngineItem(
                ordinal: row[0],
                engine: EngineRow(id: row[1], name: row[2]),
                kind: row[3],
                subject: row[4],
                names: Self.texts(row[5]),
                digests: Self.texts(row[16]),
                reason: row[6],
                why: row[7],
                policy: row[8],
                isEnforced: (row[9] as String) == "enforce",
                lastUse: (row[10] as Int64?).map(Timestamp.init(milliseconds:)),
                uses: row[11],
                bytes: row[12],
                size: row[13],
                state: RunItem.State(rawValue: row[14]) ?? .failed,
                detail: row[15]
            )
        }
    }

    private static func texts(_ json: String) -> [String] {
        (try? JSONDecoder().decode([String].self, from: Data(json.utf8))) ?? []
    }

    static func insert(_ freed: RunFreed, of run: Int64, _ db: Database) throws {
        try db.run(
            "INSERT INTO runFreed (runId, kind, before, reclaimed) VALUES (?, ?, ?, ?)",
            [run, freed.kind, freed.before, freed.reclaimed]
        )
    }

    static func freed(byRun id: Int64, _ db: Database) throws -> [RunFreed] {
        try db.rows(
            "SELECT kind, before, reclaimed FROM runFreed WHERE runId = ? ORDER BY kind",
            [id]
        ).map { RunFreed(kind: $0[0], before: $0[1], reclaimed: $0[2]) }
    }

    /// Writes down where an item stands.
    package func set(
        _ state: RunItem.State,
        of item: EngineItem,
        in run: RunName,
        detail: String = "",
        at time: Timestamp
    ) async throws {
        try await write("write a run to") { db in
            try db.run(
                """
                UPDATE engineItem SET state = ?, detail = ?, changedAt = ?
                WHERE ordinal = ? AND runId = (SELECT id FROM run WHERE name = ?)
                """,
                [
                    state.rawValue, detail, time.milliseconds, item.ordinal, run.description,
                ]
            )
        }
    }

    /// Writes down what of one kind came back.
    package func freed(_ bytes: Int64, of kind: String, by run: RunName) async throws {
        try await write("write a run to") { db in
            try db.run(
                """
                INSERT INTO runFreed (runId, kind, reclaimed)
                VALUES ((SELECT id FROM run WHERE name = ?1), ?2, ?3)
                ON CONFLICT (runId, kind) DO UPDATE SET reclaimed = excluded.reclaimed
                """,
                [run.description, kind, bytes]
            )
        }
    }
}
