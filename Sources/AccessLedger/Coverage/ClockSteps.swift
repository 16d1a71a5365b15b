import GRDB
import RegistryModel

/// Mends what was stamped by a clock that was wrong (design, section 5.2).
///
/// Where a heartbeat lies in the future the clock was set back: what was proven since it went wrong
/// is proven no more, and what was lost meanwhile stays lost. Where the clock went on by more than the
/// machine's own time confirms, it leapt, and what lies between is lost. Where the last heartbeat is
/// long ago it may have leapt: nothing is rolled off by it before it has been so for a day.
struct ClockSteps {
    let db: Database
    /// Milliseconds of the clock as it is now.
    let now: Int64
    /// The same by the machine's own time; nil where the system does not tell.
    let machine: MachineMoment?

    /// Call it before a heartbeat is written; returns the leap that is noticed now.
    func settle(_ pulse: Pulse?) throws -> ClockLeap? {
        if try isAhead() { try setBack() }
        try doubtLongAbsence()
        guard let pulse, pulse.isLeap else { return nil }
        return try noteLeap(pulse)
    }

    private func isAhead() throws -> Bool {
        try db.number(
            """
            SELECT EXISTS (SELECT 1 FROM heartbeat WHERE at > ?1)
                OR EXISTS (SELECT 1 FROM registry WHERE heldSince > ?1)
                OR EXISTS (SELECT 1 FROM coverage WHERE toTime > ?1 + ?2)
            """,
            [now, Self.noise]
        ) == 1
    }

    // MARK: Set back

    private func setBack() throws {
        try mendProbes()
        try mendProcesses()
        try mendCoverage()
        try mendLosses()
        try mendHistory()
        try mendLeaps()
        // Else nothing would be cleaned before the wrong time comes.
        try db.run("UPDATE triggerState SET lastRun = ?1 WHERE lastRun > ?1", [now])
        try db.run("UPDATE trust SET firstReadAt = ?1 WHERE firstReadAt > ?1", [now])
        try db.run("UPDATE registryAddress SET since = ?1 WHERE since > ?1", [now])
    }

    /// One that did not come back is a gap at this moment, whatever comes yet: the clock of its answer
    /// would pass for the registry's.
    private func mendProbes() throws {
        try db.run(
            """
            UPDATE probe SET name = 'clock ' || id, sentAt = ?1, answeredAt = NULL,
                isGap = iif(failure IS NULL, 1, isGap),
                failure = ifnull(failure, 'the clock was set back before it came back')
            WHERE sentAt > ?1 AND NOT EXISTS (SELECT 1 FROM probeReturn WHERE probeId = probe.id)
            """,
            [now]
        )
        try db.run("DELETE FROM probe WHERE sentAt > ?", [now])
    }

    /// A process that was first heard in the future is new when it is heard again.
    private func mendProcesses() throws {
        try db.run("DELETE FROM instance WHERE firstStamp > ?", [now])
        try db.run(
            """
            UPDATE instance SET lastHeard = min(lastHeard, ?1), droppedAt = min(droppedAt, ?1),
                lastReturn = (
                    SELECT max(p.sentAt) FROM probe AS p
                    JOIN probeReturn AS r ON r.probeId = p.id
                        AND r.source = instance.source AND r.instance = instance.name
                    WHERE p.registryId = instance.registryId
                )
            WHERE lastHeard > ?1 OR lastReturn > ?1
            """,
            [now]
        )
    }

    /// What probes prove ends with the last one that the clock stamped before it went wrong.
    private func mendCoverage() throws {
        try db.run("DELETE FROM coverage WHERE fromTime > ?", [now])
        try db.run(
            """
            UPDATE coverage SET toTime = max(fromTime, ifnull((
                SELECT max(p.sentAt) FROM probe AS p
                JOIN probeReturn AS r ON r.probeId = p.id
                WHERE p.registryId = coverage.registryId AND (
                    coverage.kind = 'source ' || r.source
                    OR (coverage.kind = 'delivered late' AND r.source = 0)
                )
            ), fromTime))
            WHERE toTime > ? AND kind <> 'import'
            """,
            [now]
        )
        try db.run("UPDATE coverage SET toTime = ?1 WHERE toTime > ?1", [now])
    }

    private func mendLosses() throws {
        try db.run(
            """
            UPDATE knownLoss SET fromTime = min(fromTime, ?1), lastAt = min(lastAt, ?1),
                toTime = min(toTime, ?1)
            WHERE lastAt > ?1 OR toTime > ?1
            """,
            [now]
        )
        try db.run(
            """
            UPDATE downtime SET fromTime = min(fromTime, ?1), toTime = ?1 WHERE toTime > ?1
            """,
            [now]
        )
        try db.run(
            "UPDATE downtimeInstance SET deliveredAt = ?1 WHERE deliveredAt > ?1",
            [now]
        )
        try db.run("UPDATE registry SET gapSince = ?1 WHERE gapSince > ?1", [now])
    }

    /// What was rolled off by the wrong time is gone: the history begins anew.
    private func mendHistory() throws {
        for registryId in try db.numbers("SELECT id FROM registry WHERE heldSince > ?", [now]) {
            try db.run("UPDATE registry SET heldSince = ? WHERE id = ?", [now, registryId])
            let moment = Timestamp(milliseconds: now)
            try CoverageWriter(db: db, registryId: registryId).lost(
                "the clock was ahead, and what was heard before was dropped as too old",
                from: moment,
                until: moment
            )
        }
    }

    /// A leap is over when the clock is back where the machine's own time says it would be, however
    /// long that took; what is left of it stays.
    private func mendLeaps() throws {
        let leaps = try db.rows(
            "SELECT id, fromTime, boot, uptime, toTime FROM clockLeap",
            []
        )
        for leap in leaps {
            let start: Int64 = leap[1]
            let before = MachineMoment(boot: leap[2], uptime: leap[3])
            let elapsed = machine?.elapsed(since: before)
            let isOver = elapsed.map {
                now - start - $0.milliseconds <= ClockLeap.limit.milliseconds
            }
            if now <= start || isOver ?? false {
                try db.run("DELETE FROM clockLeap WHERE id = ?", [leap[0] as Int64])
            } else if leap[4] > now {
                try db.run(
                    "UPDATE clockLeap SET toTime = ? WHERE id = ?",
                    [now, leap[0] as Int64]
                )
            }
        }
        // What probes told of a registry's clock, they told of ours as well.
        try db.run("UPDATE instance SET clockOffset = NULL")
    }

    // MARK: Ahead

    private func noteLeap(_ pulse: Pulse) throws -> ClockLeap {
        try Absences(db: db).takeBack(provenAfter: pulse.last)
        try db.run(
            """
            INSERT INTO clockLeap (fromTime, toTime, boot, uptime, beats) VALUES (?, ?, ?, ?, 0)
            """,
            [pulse.last, now, pulse.before?.boot ?? "", pulse.before?.uptime ?? 0]
        )
        return ClockLeap(pulse)
    }

    private func doubtLongAbsence() throws {
        guard let beat = try db.number("SELECT at FROM heartbeat WHERE id = 1") else { return }
        if now - beat > Self.longAbsence {
            try db.run(
                """
                UPDATE serving SET doubtfulBeats = ?2,
                    leaptFrom = iif(doubtfulBeats > 0, leaptFrom, ?1)
                WHERE id = 1
                """,
                [beat, Self.beatsOfADay]
            )
        } else {
            try db.run(
                """
                UPDATE serving SET doubtfulBeats = 0
                WHERE id = 1 AND doubtfulBeats > 0 AND ?1 - leaptFrom <= ?2
                """,
                [now, Self.longAbsence]
            )
        }
    }

    /// Milliseconds by which a registry's stamps may be ahead of ours.
    private static let noise: Int64 = 60_000
    /// Milliseconds between two heartbeats after which the clock is doubted.
    private static let longAbsence: Int64 = 86_400_000
    private static let beatsOfADay = Span.days(1).milliseconds / ClockLeap.beat.milliseconds
}
