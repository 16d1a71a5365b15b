import GRDB
import RegistryModel

/// By how many milliseconds a clock is ahead of ours, as far as that is known.
struct ClockOffset {
    var milliseconds: Int64
    /// Whether a probe through that very clock told it; else it may as well be right.
    var isCertain: Bool
}

/// When something was, by our clock: between two moments, which mostly are one.
struct Reading {
    var early: Timestamp
    var late: Timestamp
}

extension BatchRecorder {
    /// Reads a stamp of one of a registry's processes.
    ///
    /// Each process may have a clock of its own, and so may each log. What a probe told of another
    /// one may hold for this one or not, so there are two readings then: a use was at the later one,
    /// a delete at the earlier one, and what is proven to be heard is so by both. A stamp that cannot
    /// be true (before registries existed, or later than now) is replaced by the time of receipt.
    mutating func reading(
        of stamp: Timestamp,
        by process: String,
        of delivery: Delivery
    ) throws -> Reading {
        let offset = try clockOffset(of: Process(source: Source(of: delivery), name: process))
        let corrected = Self.time(of: stamp, offset.milliseconds, delivery)
        guard offset.milliseconds != 0, !offset.isCertain else {
            return Reading(early: corrected, late: corrected)
        }
        let plain = Self.time(of: stamp, 0, delivery)
        return Reading(early: min(plain, corrected), late: max(plain, corrected))
    }

    private static func time(
        of stamp: Timestamp,
        _ offset: Int64,
        _ delivery: Delivery
    ) -> Timestamp {
        guard stamp.milliseconds >= beforeRegistries else { return delivery.receivedAt }
        let (time, overflowed) = stamp.milliseconds.subtractingReportingOverflow(offset)
        guard !overflowed else { return delivery.receivedAt }
        return min(Timestamp(milliseconds: time), delivery.receivedAt)
    }

    private mutating func clockOffset(of process: Process) throws -> ClockOffset {
        if let latestOffset, latestOffset.process == process { return latestOffset.offset }
        let offset = try offsets[process] ?? knownOffset(of: process)
        offsets[process] = offset
        latestOffset = (process, offset)
        return offset
    }

    /// What probes told of the process itself, else what the last one told of any other.
    private func knownOffset(of process: Process) throws -> ClockOffset {
        let source = process.source
        if process.hasOwnClock,
            let own = try db.number(
                """
                SELECT clockOffset FROM instance
                WHERE registryId = ? AND source = ? AND name = ? AND clockOffset IS NOT NULL
                """,
                [source.registryId, source.kind, process.name]
            )
        {
            return ClockOffset(milliseconds: own, isCertain: true)
        }
        let other = try db.number(
            "SELECT clockOffset FROM heard WHERE registryId = ? AND source = ?",
            [source.registryId, source.kind]
        )
        return ClockOffset(milliseconds: other ?? 0, isCertain: false)
    }

    /// Takes note of what a probe told; zero where it may as well be no more than a slow answer.
    mutating func noteOffset(_ offset: Int64, of process: String, _ delivery: Delivery) throws {
        let offset = abs(offset) <= Self.clockNoise ? 0 : offset
        let source = Source(of: delivery)
        try db.run(
            """
            INSERT INTO heard (registryId, source, lastAt, clockOffset) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (registryId, source) DO UPDATE SET clockOffset = excluded.clockOffset
            """,
            [source.registryId, source.kind, delivery.receivedAt.milliseconds, offset]
        )
        if Process(source: source, name: process).hasOwnClock {
            try db.run(
                """
                UPDATE instance SET clockOffset = ? WHERE registryId = ? AND source = ? AND name = ?
                """,
                [offset, source.registryId, source.kind, process]
            )
        }
        offsets.removeAll()
        latestOffset = nil
    }

    /// Stamps of whole seconds and a slow answer differ this much without a wrong clock.
    private static let clockNoise: Int64 = 2_000
    /// 2013-01-01: there was no Docker registry before.
    private static let beforeRegistries: Int64 = 1_356_998_400_000
}

extension BatchRecorder.Process {
    /// Whether it is known by a name of its own; logs of several may come by one name or none.
    fileprivate var hasOwnClock: Bool {
        !name.isEmpty && source.kind == AccessSource.events.rawValue
    }
}
