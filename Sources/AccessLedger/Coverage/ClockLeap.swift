import GRDB
package import RegistryModel

/// A leap of the clock, ahead, that the machine's own time does not confirm.
///
/// Either the clock is wrong now, or it was wrong before, as of a virtual machine that was paused.
/// What lies between proves nothing, and by rules that go by age all is older than it is.
package struct ClockLeap: Sendable, Equatable {
    package var from: Timestamp
    package var to: Timestamp
    /// For how long a daemon has served since, by its heartbeats: no clock is asked for it.
    package var served: Span

    package init(from: Timestamp, to: Timestamp, served: Span) {
        self.from = from
        self.to = to
        self.served = served
    }

    init(_ pulse: Pulse) {
        from = Timestamp(milliseconds: pulse.last)
        to = Timestamp(milliseconds: pulse.now)
        served = .zero
    }

    /// How far the clock may be ahead of the machine's own time between two heartbeats: no more than a
    /// time server corrects in the course of things.
    static let limit = Span.minutes(1)

    /// A daemon writes a heartbeat that often.
    package static let beat = Span.seconds(5)
}

extension Ledger {
    /// The leaps of the clock that are known, and the one that no heartbeat has noticed yet.
    ///
    /// `machine` is this moment by the machine's own time, nil where the system does not tell.
    package func clockLeaps(
        at now: Timestamp,
        machine: MachineMoment?
    ) async throws -> [ClockLeap] {
        try await read("look for leaps of the clock in") { db in
            let known = try db.rows("SELECT fromTime, toTime, beats FROM clockLeap").map { row in
                ClockLeap(
                    from: Timestamp(milliseconds: row[0]),
                    to: Timestamp(milliseconds: row[1]),
                    served: Span(milliseconds: row[2] * ClockLeap.beat.milliseconds)
                )
            }
            let pulse = try Pulse(db, now: now.milliseconds, machine: machine)
            guard let pulse, pulse.isLeap else { return known }
            return known + [ClockLeap(pulse)]
        }
    }

    /// What may have been said while the clock leapt.
    static func lostByLeaps(
        _ db: Database,
        since horizon: Int64
    ) throws -> [CoverageRecord.Stretch] {
        try db.rows("SELECT fromTime, toTime FROM clockLeap WHERE toTime >= ?", [horizon]).map {
            .init(
                from: Timestamp(milliseconds: $0[0]),
                to: Timestamp(milliseconds: $0[1]),
                reason: "the clock leapt, which the machine's own time does not confirm"
            )
        }
    }
}
