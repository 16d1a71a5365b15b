import GRDB
package import RegistryModel

// Plans in whose place newer ones have come.
extension Ledger {
    /// Ends the plans that wait for approval, are of the same cause and over the same target as `run`.
    ///
    /// How much was needed when each was made is no part of the target. Nobody can carry them out any
    /// more, so what they name is dropped: a registry that changes makes a new plan each minute.
    static func supersede(by run: RunRecord, _ db: Database) throws {
        let older = try db.rows(
            """
            SELECT id, (SELECT count(*) FROM runItem WHERE runId = run.id)
                + (SELECT count(*) FROM storageItem WHERE runId = run.id)
                + (SELECT count(*) FROM engineItem WHERE runId = run.id)
            FROM run
            WHERE state = 'waiting' AND cause = ?1 AND name <> ?3
                AND iif(json_valid(scope), json_remove(scope, '$.goal', '$.goalAmount'), scope)
                    = iif(json_valid(?2), json_remove(?2, '$.goal', '$.goalAmount'), ?2)
            """,
            [run.cause, run.scope, run.name.description]
        )
        for row in older {
            let (id, items): (Int64, Int) = (row[0], row[1])
            try db.run("DELETE FROM runItem WHERE runId = ?", [id])
            try db.run("DELETE FROM storageItem WHERE runId = ?", [id])
            try db.run("DELETE FROM engineItem WHERE runId = ?", [id])
            let named = items == 1 ? "1 removal" : "\(items) removals"
            let note = "superseded by run \(run.name), a newer plan of the same; it named \(named)"
            try db.run(
                "UPDATE run SET state = 'superseded', note = ?, endedAt = ? WHERE id = ?",
                [note, run.createdAt.milliseconds, id]
            )
        }
    }

    /// The newest run that has come in the place of a superseded one, with its state; nil where it has
    /// left the ledger.
    package func successor(
        of run: RunRecord
    ) async throws -> (name: RunName, state: RunRecord.State)? {
        try await read("read the runs from") { db in
            let row = try db.row(
                """
                SELECT name, state FROM run
                WHERE cause = ?1 AND state NOT IN ('planned', 'superseded')
                    AND id > (SELECT id FROM run WHERE name = ?3)
                    AND iif(json_valid(scope), json_remove(scope, '$.goal', '$.goalAmount'), scope)
                        = iif(json_valid(?2), json_remove(?2, '$.goal', '$.goalAmount'), ?2)
                ORDER BY id DESC LIMIT 1
                """,
                [run.cause, run.scope, run.name.description]
            )
            guard let row, let name = RunName(row[0] as String),
                let state = RunRecord.State(rawValue: row[1] as String)
            else { return nil }
            return (name, state)
        }
    }
}
