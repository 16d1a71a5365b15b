import GRDB
package import RegistryModel

extension Ledger {
    /// When a daemon on this ledger last said that it lives; nil where none ever did.
    package func lastHeartbeat() async throws -> Timestamp? {
        try await read("read the heartbeat from") { db in
            try db.number("SELECT at FROM heartbeat WHERE id = 1")
                .map(Timestamp.init(milliseconds:))
        }
    }

    /// Marks that we are here and listening, and returns how far this session has come.
    ///
    /// Where the clock was set since the last one, what it stamped is mended first.
    @discardableResult
    package func heartbeat(at time: Timestamp) async throws -> ServingMark {
        try await write("write the heartbeat to") { db in
            try ClockSteps(db: db, now: time.milliseconds).settle()
            try db.run(
                """
                INSERT INTO heartbeat (id, at) VALUES (1, ?1)
                ON CONFLICT (id) DO UPDATE SET at = excluded.at
                """,
                [time.milliseconds]
            )
            try db.run(
                """
                UPDATE serving SET beats = beats + 1, doubtfulBeats = max(doubtfulBeats - 1, 0)
                WHERE id = 1
                """
            )
            try Self.count(db)
            return try Self.servingMark(db)
        }
    }

    /// Who served this ledger last; its session is empty where that is not known.
    package func servingMark() async throws -> ServingMark {
        try await read("read who served", Self.servingMark)
    }

    static func servingMark(_ db: Database) throws -> ServingMark {
        let row = try db.row("SELECT session, beats FROM serving WHERE id = 1")
        return ServingMark(session: row?[0] ?? "", beats: row?[1] ?? 0)
    }

    /// The moment from which the clock leapt ahead, until it has been so for a day; else nil.
    package func clockDoubt() async throws -> Timestamp? {
        try await read("look for a leap of the clock in") { db in
            try db.number("SELECT leaptFrom FROM serving WHERE id = 1 AND doubtfulBeats > 0")
                .map(Timestamp.init(milliseconds:))
        }
    }
}
