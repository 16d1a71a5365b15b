import GRDB
package import RegistryModel

extension Ledger {
    /// Writes down when a sweep had taken all that it took: the machine's start that it was in, and
    /// milliseconds since that.
    package func note(taken run: RunName, boot: String, uptime: Int64) async throws {
        try await write("write a sweep to") { db in
            guard let id = try Self.runId(run, db) else { return }
            try db.run(
                "INSERT OR REPLACE INTO storageTaken (runId, boot, uptime) VALUES (?, ?, ?)",
                [id, boot, uptime]
            )
        }
    }

    /// When a sweep had taken all that it took; nil where that was not written down.
    package func takenAt(_ run: RunName) async throws -> (boot: String, uptime: Int64)? {
        try await read("read when a sweep was made from") { db in
            try db.rows(
                """
                SELECT t.boot, t.uptime FROM storageTaken AS t JOIN run AS r ON r.id = t.runId
                WHERE r.name = ?
                """,
                [run.description]
            ).first.map { (boot: $0[0], uptime: $0[1]) }
        }
    }
}
