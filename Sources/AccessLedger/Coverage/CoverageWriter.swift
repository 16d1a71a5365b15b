import GRDB
import RegistryModel

/// Proves for which time a registry was heard completely (design, section 5.2).
///
/// A source delivers each process's events first in, first out. So when a probe's own read has come
/// back, all that the process reported before it has arrived. Coverage is the chain of such proofs;
/// whatever breaks the chain (a probe that never came back, one that could not be sent, a process
/// that took its queue with it, our own absence) leaves a gap in it.
struct CoverageWriter {
    let db: Database
    let registryId: Int64

    struct Instance {
        var name: String
        var firstStamp: Int64
        var lastHeard: Int64
        var lastReturn: Int64?

        /// Up to when it is proven to have been heard: its first event was the first of its queue.
        ///
        /// A stamp from the future is of a wrong clock, and proves nothing.
        func provenUntil(_ now: Timestamp) -> Int64 {
            [firstStamp, lastReturn ?? 0].filter { $0 <= now.milliseconds }.max() ?? 0
        }
    }

    /// Lets coverage grow as far as the probes that came back prove, after each that did.
    func advance(source: Int, now: Timestamp) throws {
        var live = try instances(source)
        try extend(source, to: live.map { $0.provenUntil(now) }.min(), notBefore: 0)
        let dropped = try drop(from: &live, source, now: now)
        if let resume = dropped {
            try extend(source, to: live.map { $0.provenUntil(now) }.min(), notBefore: resume)
        }
        try closeLosses()
    }

    /// Grows the newest span of a source to `end`, or begins a new one behind the last break.
    private func extend(_ source: Int, to end: Int64?, notBefore resume: Int64) throws {
        guard let end else { return }
        let kind = "source \(source)"
        let newest = try db.row(
            """
            SELECT id, toTime FROM coverage WHERE registryId = ? AND kind = ?
            ORDER BY toTime DESC LIMIT 1
            """,
            [registryId, kind]
        )
        let reached: Int64 = newest?[1] ?? -1
        guard end > reached else { return }
        let broken = max(resume, try lastBreak(source, after: reached, before: end) ?? 0)
        if broken > reached { try cutBack(source, kind, after: reached, before: end) }
        if let newest, broken <= reached {
            try db.run(
                "UPDATE coverage SET toTime = ? WHERE id = ?",
                [end, newest[0] as Int64]
            )
            return
        }
        let start = try firstProof(source, after: broken, upTo: end) ?? end
        guard start <= end else { return }
        try db.run(
            "INSERT INTO coverage (registryId, kind, fromTime, toTime) VALUES (?, ?, ?, ?)",
            [registryId, kind, start, end]
        )
    }

    /// The newest moment between two at which the chain is broken: a probe that was answered and never
    /// came back though later ones did, one that could not be sent, our own absence, or a leap of our
    /// clock.
    private func lastBreak(_ source: Int, after: Int64, before: Int64) throws -> Int64? {
        let probe = try db.number(
            """
            SELECT max(sentAt) FROM probe
            WHERE registryId = ?1 AND sentAt > ?2 AND sentAt < ?3 AND (
                isGap = 1
                OR (answeredAt IS NOT NULL AND failure IS NULL AND NOT EXISTS (
                    SELECT 1 FROM probeReturn WHERE probeId = probe.id AND source = ?4
                ))
            )
            """,
            [registryId, after, before, source]
        )
        let absence = try db.number(
            """
            SELECT max(toTime) FROM downtime
            WHERE registryId = ?1 AND toTime > ?2 AND fromTime < ?3
                AND (healedAt IS NULL OR ?4 <> 0)
            """,
            [registryId, after, before, source]
        )
        let leap = try db.number(
            "SELECT max(toTime) FROM clockLeap WHERE toTime > ? AND fromTime < ?",
            [after, before]
        )
        return [probe, absence, leap].compactMap(\.self).max()
    }

    /// Ends coverage where a lost probe's own media type was last proven to be heard: others that
    /// came back since say nothing of it.
    private func cutBack(_ source: Int, _ kind: String, after: Int64, before: Int64) throws {
        let proven = try db.number(
            """
            SELECT min(ifnull((
                SELECT max(q.sentAt) FROM probe AS q
                JOIN probeReturn AS r ON r.probeId = q.id AND r.source = ?4
                WHERE q.registryId = ?1 AND q.mediaType = p.mediaType AND q.sentAt < p.sentAt
            ), 0))
            FROM probe AS p
            WHERE p.registryId = ?1 AND p.sentAt > ?2 AND p.sentAt < ?3 AND p.failure IS NULL
                AND p.answeredAt IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM probeReturn WHERE probeId = p.id AND source = ?4)
            """,
            [registryId, after, before, source]
        )
        guard let proven else { return }
        try db.run(
            "DELETE FROM coverage WHERE registryId = ? AND kind = ? AND fromTime > ?",
            [registryId, kind, proven]
        )
        try db.run(
            "UPDATE coverage SET toTime = ?1 WHERE registryId = ?2 AND kind = ?3 AND toTime > ?1",
            [proven, registryId, kind]
        )
    }

    /// The first moment after a break that a probe proves.
    private func firstProof(_ source: Int, after: Int64, upTo end: Int64) throws -> Int64? {
        try db.number(
            """
            SELECT min(p.sentAt) FROM probe AS p
            JOIN probeReturn AS r ON r.probeId = p.id AND r.source = ?4
            WHERE p.registryId = ?1 AND p.sentAt >= ?2 AND p.sentAt <= ?3
            """,
            [registryId, after, end, source]
        )
    }

    // MARK: Known loss

    /// Notes that something was said that we missed: a gap from the probe before to the one after.
    func lost(_ reason: String, at time: Timestamp) throws {
        let before = try db.number(
            "SELECT max(toTime) FROM coverage WHERE registryId = ? AND toTime <= ?",
            [registryId, time.milliseconds]
        )
        try lost(
            reason,
            from: before.map(Timestamp.init(milliseconds:)) ?? time,
            until: time
        )
    }

    /// Notes that what was said between two moments may be missing: a gap to the probe after it.
    func lost(_ reason: String, from start: Timestamp, until end: Timestamp) throws {
        let open = try db.number(
            "SELECT id FROM knownLoss WHERE registryId = ? AND toTime IS NULL",
            [registryId]
        )
        if let open {
            try db.run(
                """
                UPDATE knownLoss SET fromTime = min(fromTime, ?), lastAt = max(lastAt, ?)
                WHERE id = ?
                """,
                [start.milliseconds, end.milliseconds, open]
            )
            return
        }
        try db.run(
            """
            INSERT INTO knownLoss (registryId, reason, fromTime, lastAt) VALUES (?, ?, ?, ?)
            """,
            [registryId, reason, start.milliseconds, end.milliseconds]
        )
    }

    private func closeLosses() throws {
        try db.run(
            """
            UPDATE knownLoss SET toTime = (
                SELECT min(p.sentAt) FROM probe AS p JOIN probeReturn AS r ON r.probeId = p.id
                WHERE p.registryId = knownLoss.registryId AND p.sentAt > knownLoss.lastAt
            )
            WHERE registryId = ? AND toTime IS NULL
            """,
            [registryId]
        )
    }
}
