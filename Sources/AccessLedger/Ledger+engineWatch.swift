import GRDB

extension Ledger {
    /// When the last event of an engine was that was heard, in nanoseconds since 1970; nil for none.
    package func lastEvent(ofEngine name: String) async throws -> Int64? {
        try await read("read the last event of an engine from") { db in
            try db.number("SELECT lastEvent FROM engineWatch WHERE name = ?", [name])
        }
    }

    /// Remembers that an engine was heard up to an event.
    package func heard(engine name: String, upTo lastEvent: Int64) async throws {
        try await write("note the last event of an engine in") { db in
            try db.run(
                """
                INSERT INTO engineWatch (name, lastEvent) VALUES (?1, ?2)
                ON CONFLICT (name) DO UPDATE SET lastEvent = max(lastEvent, excluded.lastEvent)
                """,
                [name, lastEvent]
            )
        }
    }
}
