import GRDB
package import RegistryModel

extension Ledger {
    /// Notes our own absence since the last heartbeat, for every registry; call it once, when the
    /// listener is about to open.
    ///
    /// What was delivered to another file after this one was copied will not come again: where the
    /// ledger is a backup, or `mark` tells that it is not the one that was served here last, the time
    /// since its last proof is known loss.
    ///
    /// `machine` is this moment by the machine's own time, nil where the system does not tell.
    /// `session` names what begins, and is empty where no mark is kept beside the ledger; `mark` is what
    /// the file there says, nil where there is none. Returns why something is lost, or nil.
    @discardableResult
    package func beginListening(
        at time: Timestamp,
        machine: MachineMoment? = nil,
        session: String = "",
        mark: ServingMark? = nil
    ) async throws -> String? {
        try await write("note the time of absence in") { db in
            let pulse = try Pulse(db, now: time.milliseconds, machine: machine)
            _ = try ClockSteps(db: db, now: time.milliseconds, machine: machine).settle(pulse)
            let why = try Self.strangeness(db, session.isEmpty ? nil : .some(mark))
            let last = min(pulse?.last ?? 0, time.milliseconds)
            if pulse != nil { try Self.endProbes(db) }
            for registryId in try db.numbers("SELECT id FROM registry") {
                if let pulse {
                    try Absences(db: db).note(
                        registryId,
                        from: last,
                        to: time.milliseconds,
                        isTimed: pulse.isTimed
                    )
                }
                guard let why else { continue }
                let proven = try Self.lastProof(db, registryId) ?? last
                let start = Timestamp(milliseconds: proven)
                try CoverageWriter(db: db, registryId: registryId)
                    .lost(why, from: start, until: time)
            }
            try db.run("UPDATE serving SET isCopy = 0 WHERE id = 1")
            if !session.isEmpty {
                try db.run("UPDATE serving SET session = ?, beats = 0 WHERE id = 1", [session])
            }
            try Self.write(heartbeat: time.milliseconds, machine, db)
            return why
        }
    }

    /// Why the ledger is not the one that was served last; nil where it is, or where nobody can tell.
    ///
    /// `mark` is nil where none is kept.
    private static func strangeness(_ db: Database, _ mark: ServingMark??) throws -> String? {
        if try db.number("SELECT isCopy FROM serving WHERE id = 1") == 1 { return restored }
        let own = try servingMark(db)
        guard let mark else { return nil }
        guard !own.session.isEmpty else {
            return mark?.isKnown == true
                ? "another ledger was served in its place; to begin anew remove its `.serve.lock`, too"
                : nil
        }
        guard let mark else {
            return
                "the ledger was put here without the `.serve.lock` beside it, or that was removed"
        }
        return mark.isOf(own) ? nil : "an older copy of the ledger was put in its place"
    }

    private static let restored = "the ledger was restored from a backup"

    /// The loss of a backup that no daemon has served yet.
    static func openLoss(_ db: Database, _ registryId: Int64) throws -> CoverageRecord.Stretch? {
        let beat = try db.number(
            """
            SELECT at FROM heartbeat WHERE id = 1
                AND EXISTS (SELECT 1 FROM serving WHERE isCopy = 1)
            """
        )
        guard let beat else { return nil }
        let from = Timestamp(milliseconds: try lastProof(db, registryId) ?? beat)
        return .init(from: from, to: nil, reason: restored)
    }

    /// Up to when probes prove that all was heard.
    private static func lastProof(_ db: Database, _ registryId: Int64) throws -> Int64? {
        try db.number(
            "SELECT max(toTime) FROM coverage WHERE registryId = ? AND kind LIKE 'source %'",
            [registryId]
        )
    }

    /// Cut off by the end of the process, a probe may never have been sent, so it proves nothing.
    private static func endProbes(_ db: Database) throws {
        try db.run(
            """
            UPDATE probe SET failure = 'lastpull ended before it was answered'
            WHERE answeredAt IS NULL AND failure IS NULL
            """
        )
    }
}
