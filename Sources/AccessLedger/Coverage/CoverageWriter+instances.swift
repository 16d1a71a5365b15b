import GRDB
import RegistryModel

extension CoverageWriter {
    func instances(_ source: Int) throws -> [Instance] {
        try db.rows(
            """
            SELECT name, firstStamp, lastHeard, lastReturn FROM instance
            WHERE registryId = ? AND source = ? AND droppedAt IS NULL
            ORDER BY firstStamp, name
            """,
            [registryId, source]
        ).map { row in
            Instance(name: row[0], firstStamp: row[1], lastHeard: row[2], lastReturn: row[3])
        }
    }

    /// Takes out the processes that no longer have to return a probe, and says from when on the
    /// others speak for the registry alone; nil when none went.
    ///
    /// A process counts as gone when it was not heard for an hour, or at once when each silent one
    /// has a successor that was first heard after it, and two probes have come back since and none
    /// was lost: a lost one was answered by a process that no longer reports, such as the old one.
    func drop(from live: inout [Instance], _ source: Int, now: Timestamp) throws -> Int64? {
        var resume: Int64?
        let horizon = now.milliseconds - Self.silence
        for instance in live where live.count > 1 && instance.lastHeard < horizon {
            resume = max(resume ?? 0, instance.lastHeard + Self.silence)
            try drop(instance, source, now: now)
            live.removeAll { $0.name == instance.name }
        }
        for (old, successor) in try replaced(live, source) {
            resume = max(resume ?? 0, successor.firstStamp)
            try drop(old, source, now: now)
            live.removeAll { $0.name == old.name }
        }
        return resume
    }

    /// Pairs each process that fell silent with the one that took its place; none unless all can
    /// be paired, or a replica that stopped reporting could pass for one that was restarted.
    private func replaced(_ live: [Instance], _ source: Int) throws -> [(Instance, Instance)] {
        let silent =
            live
            .filter { old in live.contains { $0.firstStamp > old.lastHeard } }
            .sorted { $0.lastHeard < $1.lastHeard }
        let oldest = silent.map(\.lastHeard).min() ?? 0
        let others = live.filter { one in !silent.contains { $0.name == one.name } }
        // Unless all that is alive is new, one that joined could pass for the heir of one that broke.
        guard others.allSatisfy({ $0.firstStamp > oldest }) else { return [] }
        var free = live
        var pairs: [(Instance, Instance)] = []
        for old in silent {
            let index = free.firstIndex { $0.firstStamp > old.lastHeard && $0.name != old.name }
            guard let index else { return [] }
            pairs.append((old, free.remove(at: index)))
        }
        guard let newest = pairs.map(\.1.firstStamp).max() else { return [] }
        return try isProven(source, since: newest) ? pairs : []
    }

    /// Whether enough probes have come back since `start`, and every answered one before the last
    /// of them.
    ///
    /// The events cannot tell a process that was restarted from one that broke when another joined:
    /// only a client whose reads still reach the old one can. Where a balancer never lets ours, the
    /// old one is waited for no longer either.
    private func isProven(_ source: Int, since start: Int64) throws -> Bool {
        let counts = try db.row(
            """
            WITH recent AS (
                SELECT p.sentAt, r.probeId IS NOT NULL AS isBack,
                    p.answeredAt IS NOT NULL AND p.failure IS NULL AS isAnswered
                FROM probe AS p
                LEFT JOIN probeReturn AS r ON r.probeId = p.id AND r.source = ?1
                WHERE p.registryId = ?2 AND p.sentAt >= ?3
            )
            SELECT ifnull(sum(isBack), 0), ifnull(sum(isAnswered AND NOT isBack), 0) FROM recent
            WHERE sentAt <= (SELECT max(sentAt) FROM recent WHERE isBack)
            """,
            [source, registryId, start]
        )
        guard let counts else { return false }
        let (back, lost): (Int, Int) = (counts[0], counts[1])
        return back >= Self.proofsOfSuccession && lost == 0
    }

    private func drop(_ instance: Instance, _ source: Int, now: Timestamp) throws {
        try db.run(
            "UPDATE instance SET droppedAt = ? WHERE registryId = ? AND source = ? AND name = ?",
            [now.milliseconds, registryId, source, instance.name]
        )
    }

    // MARK: Our own absence

    /// Notes how far a process has delivered; when every process known before an absence of ours
    /// has delivered something stamped after it, all that they kept has arrived.
    ///
    /// Of an absence over which our clock leapt, nobody knows what was after it. Where the machine's own
    /// time does not tell, as after its restart, the clock of the process has to be as far off as it
    /// was before: else one of the two was set, and it may be ours.
    func delivered(_ name: String, stamp: Int64) throws {
        try db.run(
            """
            UPDATE downtimeInstance SET deliveredAt = ?1
            WHERE name = ?2 AND source = 0 AND deliveredAt IS NULL AND downtimeId IN (
                SELECT d.id FROM downtime AS d
                WHERE d.registryId = ?3 AND d.healedAt IS NULL AND d.toTime < ?1
                    AND (d.isTimed = 1 OR abs(downtimeInstance.clockOffset - ?4) <= ?5)
                    AND NOT EXISTS (
                        SELECT 1 FROM clockLeap
                        WHERE fromTime < d.toTime AND toTime > d.fromTime
                    )
            )
            """,
            [stamp, name, registryId, try clockOffset(of: name), Self.clocksAgree]
        )
        guard db.changesCount > 0 else { return }
        let healed = try db.rows(
            """
            SELECT d.id, d.fromTime, min(i.deliveredAt) FROM downtime AS d
            JOIN downtimeInstance AS i ON i.downtimeId = d.id
            WHERE d.registryId = ? AND d.healedAt IS NULL
            GROUP BY d.id
            HAVING count(*) = count(i.deliveredAt) AND count(*) = d.waitsFor
            """,
            [registryId]
        )
        for row in healed { try heal(row[0], from: row[1], to: row[2]) }
    }

    /// By how many milliseconds a process's clock is ahead of ours, as far as that is known.
    private func clockOffset(of name: String) throws -> Int64 {
        try db.number(
            """
            SELECT ifnull(i.clockOffset, ifnull(h.clockOffset, 0)) FROM instance AS i
            LEFT JOIN heard AS h ON h.registryId = i.registryId AND h.source = i.source
            WHERE i.registryId = ? AND i.source = 0 AND i.name = ?
            """,
            [registryId, name]
        ) ?? 0
    }

    private func heal(_ id: Int64, from: Int64, to end: Int64) throws {
        try db.run("UPDATE downtime SET healedAt = ? WHERE id = ?", [end, id])
        let proven = try db.number(
            "SELECT max(toTime) FROM coverage WHERE registryId = ? AND toTime <= ?",
            [registryId, from]
        )
        guard let proven else { return }
        let unreturned =
            try db.number(
                """
                SELECT count(*) FROM probe
                WHERE registryId = ?1 AND sentAt > ?2 AND sentAt <= ?3 AND (
                    isGap = 1
                    OR (answeredAt IS NOT NULL AND failure IS NULL AND NOT EXISTS (
                        SELECT 1 FROM probeReturn WHERE probeId = probe.id AND source = 0
                    ))
                )
                """,
                [registryId, proven, end]
            ) ?? 0
        guard unreturned == 0 else { return }
        try db.run(
            """
            INSERT INTO coverage (registryId, kind, fromTime, toTime)
            VALUES (?, 'delivered late', ?, ?)
            """,
            [registryId, proven, end]
        )
    }

    /// Milliseconds by which what probes tell of a clock may differ over a restart of our machine.
    private static let clocksAgree: Int64 = 300_000

    /// Milliseconds after which a silent process no longer has to return a probe.
    private static let silence: Int64 = 3_600_000

    /// Probes that must have come back since a successor was heard, so that one stray event of a
    /// new process does not end the wait for an old one.
    private static let proofsOfSuccession = 2
}
