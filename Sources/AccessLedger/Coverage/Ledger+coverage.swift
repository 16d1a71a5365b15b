import GRDB
package import RegistryModel

/// The proofs of coverage that the ledger holds for one registry.
package struct CoverageRecord: Sendable, Equatable {
    package struct Stretch: Sendable, Equatable {
        package var from: Timestamp
        /// Nil while it is not over.
        package var to: Timestamp?
        package var reason: String

        package init(from: Timestamp, to: Timestamp?, reason: String) {
            self.from = from
            self.to = to
            self.reason = reason
        }
    }

    /// Time that is proven to be heard.
    package var covered: [Stretch] = []
    /// Loss that was noticed; never tolerated.
    package var losses: [Stretch] = []
    /// Our own absences that have not healed.
    package var absences: [Stretch] = []

    package init() {}
}

/// What the newest probes of a registry tell.
package struct ProbeRecord: Sendable, Equatable {
    package var sentAt: Timestamp
    package var mediaType: String
    package var failure: String?
    package var returnedAt: Timestamp?
}

extension Ledger {
    /// Marks that we are here and listening.
    package func heartbeat(at time: Timestamp) async throws {
        try await write("write the heartbeat to") { db in
            try db.run(
                """
                INSERT INTO heartbeat (id, at) VALUES (1, ?1)
                ON CONFLICT (id) DO UPDATE SET at = excluded.at
                """,
                [time.milliseconds]
            )
        }
    }

    /// Notes our own absence since the last heartbeat, for every registry; call it once, when the
    /// listener is about to open.
    package func beginListening(at time: Timestamp) async throws {
        try await write("note the time of absence in") { db in
            guard let beat = try db.number("SELECT at FROM heartbeat WHERE id = 1") else { return }
            // A heartbeat from the future means that the clock was set back: nothing that it
            // stamped since can be trusted.
            let last = min(beat, time.milliseconds)
            try db.run("DELETE FROM coverage WHERE fromTime > ?", [time.milliseconds])
            try db.run(
                "UPDATE coverage SET toTime = ?1 WHERE toTime > ?1",
                [time.milliseconds]
            )
            // Cut off by the end of the process: it may never have been sent, so it proves nothing.
            try db.run(
                """
                UPDATE probe SET failure = 'lastpull ended before it was answered'
                WHERE answeredAt IS NULL AND failure IS NULL
                """
            )
            for registryId in try db.numbers("SELECT id FROM registry") {
                let known = try db.rows(
                    """
                    SELECT source, name FROM instance
                    WHERE registryId = ? AND source = 0 AND droppedAt IS NULL AND lastHeard >= ?
                    """,
                    [registryId, last - 3_600_000]
                )
                try db.run(
                    """
                    INSERT INTO downtime (registryId, fromTime, toTime, waitsFor)
                    VALUES (?, ?, ?, ?)
                    """,
                    [registryId, last, time.milliseconds, known.count]
                )
                let downtimeId = db.lastInsertedRowID
                for row in known {
                    try db.run(
                        """
                        INSERT INTO downtimeInstance (downtimeId, source, name) VALUES (?, ?, ?)
                        """,
                        [downtimeId, row[0] as Int, row[1] as String]
                    )
                }
            }
        }
        try await heartbeat(at: time)
    }

    /// Remembers the operator's word on a registry's history, or that there is none any more.
    package func trust(_ registry: RegistryRow, from: Timestamp?, readAt: Timestamp) async throws {
        try await write("note trustHistoryFrom in") { db in
            guard let from else {
                try db.run("DELETE FROM trust WHERE registryId = ?", [registry.id])
                return
            }
            try db.run(
                """
                INSERT INTO trust (registryId, fromTime, firstReadAt) VALUES (?1, ?2, ?3)
                ON CONFLICT (registryId) DO UPDATE SET
                    fromTime = excluded.fromTime, firstReadAt = excluded.firstReadAt
                WHERE fromTime <> excluded.fromTime
                """,
                [registry.id, from.milliseconds, readAt.milliseconds]
            )
        }
    }

    /// The proofs of coverage that reach into the time since `horizon`.
    package func coverage(
        of registry: RegistryRow,
        since horizon: Timestamp
    ) async throws -> CoverageRecord {
        try await read("read the coverage from") { db in
            var record = CoverageRecord()
            let held = try db.number("SELECT heldSince FROM registry WHERE id = ?", [registry.id])
            let from = max(horizon.milliseconds, held ?? 0)
            record.covered = try Self.stretches(
                db,
                "SELECT fromTime, toTime, kind FROM coverage WHERE registryId = ? AND toTime >= ?",
                [registry.id, from]
            )
            if let row = try db.row(
                "SELECT fromTime, firstReadAt FROM trust WHERE registryId = ?",
                [registry.id]
            ), (row[0] as Int64) < (row[1] as Int64) {
                record.covered.append(
                    .init(
                        from: Timestamp(milliseconds: row[0]),
                        to: Timestamp(milliseconds: row[1]),
                        reason: "trustHistoryFrom"
                    )
                )
            }
            let oldest = Timestamp(milliseconds: held ?? 0)
            record.covered = record.covered.compactMap { stretch in
                guard let to = stretch.to, to > oldest else { return nil }
                return .init(from: max(stretch.from, oldest), to: to, reason: stretch.reason)
            }
            record.losses =
                try Self.stretches(
                    db,
                    """
                    SELECT fromTime, toTime, reason FROM knownLoss
                    WHERE registryId = ? AND (toTime IS NULL OR toTime >= ?)
                    """,
                    [registry.id, from]
                ) + Self.unread(db, of: registry)
            record.absences = try Self.stretches(
                db,
                """
                SELECT fromTime, toTime, 'lastpull was not running' FROM downtime
                WHERE registryId = ? AND toTime >= ? AND healedAt IS NULL
                """,
                [registry.id, from]
            )
            return record
        }
    }

    private static func stretches(
        _ db: Database,
        _ sql: String,
        _ arguments: StatementArguments
    ) throws -> [CoverageRecord.Stretch] {
        try db.rows(sql, arguments).map { row in
            .init(
                from: Timestamp(milliseconds: row[0]),
                to: (row[1] as Int64?).map(Timestamp.init(milliseconds:)),
                reason: row[2]
            )
        }
    }
}

extension Ledger {
    /// How many processes of a registry have sent something since a time, but for those that are
    /// known to have ended.
    package func processesHeard(
        of registry: RegistryRow,
        since horizon: Timestamp
    ) async throws -> Int {
        try await read("count a registry's processes in") { db in
            Int(
                try db.number(
                    """
                    SELECT count(DISTINCT name) FROM instance
                    WHERE registryId = ? AND lastHeard >= ? AND droppedAt IS NULL
                        AND name <> ''
                    """,
                    [registry.id, horizon.milliseconds]
                ) ?? 0
            )
        }
    }
}
