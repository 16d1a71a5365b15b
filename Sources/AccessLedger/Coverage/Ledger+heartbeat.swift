import GRDB
package import RegistryModel

/// What a heartbeat came to.
package struct Heartbeat: Sendable, Equatable {
    /// How far this session has come.
    package var mark: ServingMark
    /// From when on nobody was answered, where the last heartbeat is that long ago.
    package var stillSince: Timestamp?
    /// A leap of the clock that was noticed now.
    package var leap: ClockLeap?
}

extension Ledger {
    /// When a daemon on this ledger last said that it lives; nil where none ever did.
    package func lastHeartbeat() async throws -> Timestamp? {
        try await read("read the heartbeat from", Self.lastHeartbeat)
    }

    static func lastHeartbeat(_ db: Database) throws -> Timestamp? {
        try db.number("SELECT at FROM heartbeat WHERE id = 1").map(Timestamp.init(milliseconds:))
    }

    /// Marks that we are here and listening, and returns how far this session has come.
    ///
    /// Where the clock was set since the last one, what it stamped is mended first; where the last one
    /// is long ago, we stood still meanwhile, which is an absence. `machine` is this moment by the
    /// machine's own time, nil where the system does not tell.
    @discardableResult
    package func heartbeat(
        at time: Timestamp,
        machine: MachineMoment? = nil
    ) async throws -> Heartbeat {
        let now = PulseMoment(time: time, machine: machine)
        return try await heartbeat(wokenAt: now) { now }
    }

    /// Does the same where it may have to wait for another's write: `now` is asked once it is over.
    ///
    /// `woken` is when this heartbeat was begun, at its first attempt: who waits is not frozen.
    package func heartbeat(
        wokenAt woken: PulseMoment,
        now: @escaping @Sendable () -> PulseMoment
    ) async throws -> Heartbeat {
        try await write("write the heartbeat to") { db in
            let moment = now()
            let (now, machine) = (moment.time.milliseconds, moment.machine)
            let pulse = try Pulse(db, now: now, machine: machine)
            let leap = try ClockSteps(db: db, now: now, machine: machine).settle(pulse)
            let stillSince = pulse?.stillSince(wokenAt: woken)
            if let pulse, let stillSince {
                try Absences(db: db)
                    .noteStandstill(from: stillSince, to: now, isTimed: pulse.isTimed)
            }
            try Self.write(heartbeat: now, machine, db)
            return Heartbeat(
                mark: try Self.servingMark(db),
                stillSince: stillSince.map(Timestamp.init(milliseconds:)),
                leap: leap
            )
        }
    }

    static func write(
        heartbeat now: Int64,
        _ machine: MachineMoment?,
        _ db: Database
    ) throws {
        try db.run(
            """
            INSERT INTO heartbeat (id, at, boot, uptime) VALUES (1, ?1, ?2, ?3)
            ON CONFLICT (id) DO UPDATE SET
                at = excluded.at, boot = excluded.boot, uptime = excluded.uptime
            """,
            [now, machine?.boot ?? "", machine?.uptime ?? 0]
        )
        try db.run(
            """
            UPDATE serving SET beats = beats + 1, doubtfulBeats = max(doubtfulBeats - 1, 0)
            WHERE id = 1
            """
        )
        try db.run("UPDATE clockLeap SET beats = beats + 1")
        try count(db)
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
