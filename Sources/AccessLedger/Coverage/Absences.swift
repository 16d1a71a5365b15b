import GRDB
import RegistryModel

/// Writes down when we heard nothing, whatever was said (design, section 5.2).
struct Absences {
    let db: Database

    /// Notes that we were away; it heals when every process known before has delivered something from
    /// after our return.
    ///
    /// `isTimed` tells whether the machine's own time says how long it was.
    func note(
        _ registryId: Int64,
        from start: Int64,
        to end: Int64,
        reason: String = "lastpull was not running",
        isTimed: Bool
    ) throws {
        let known = try db.rows(
            """
            SELECT i.source, i.name, ifnull(i.clockOffset, ifnull(h.clockOffset, 0))
            FROM instance AS i
            LEFT JOIN heard AS h ON h.registryId = i.registryId AND h.source = i.source
            WHERE i.registryId = ? AND i.source = 0 AND i.droppedAt IS NULL AND i.lastHeard >= ?
            """,
            [registryId, start - Self.silence]
        )
        try db.run(
            """
            INSERT INTO downtime (registryId, fromTime, toTime, waitsFor, reason, isTimed)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [registryId, start, end, known.count, reason, isTimed]
        )
        let downtimeId = db.lastInsertedRowID
        for row in known {
            try db.run(
                """
                INSERT INTO downtimeInstance (downtimeId, source, name, clockOffset)
                VALUES (?, ?, ?, ?)
                """,
                [downtimeId, row[0] as Int, row[1] as String, row[2] as Int64]
            )
        }
    }

    /// Notes for every registry that we stood still, and takes back what was proven before that came
    /// to be noticed.
    func noteStandstill(from start: Int64, to end: Int64, isTimed: Bool) throws {
        try takeBack(provenAfter: start)
        for registryId in try db.numbers("SELECT id FROM registry") {
            try note(
                registryId,
                from: start,
                to: end,
                reason: "lastpull stood still",
                isTimed: isTimed
            )
        }
    }

    /// Ends what probes prove with the last one that was sent before a moment and came back.
    func takeBack(provenAfter moment: Int64) throws {
        try db.run(
            "DELETE FROM coverage WHERE fromTime > ? AND kind <> 'import'",
            [moment]
        )
        try db.run(
            """
            UPDATE coverage SET toTime = max(fromTime, ifnull((
                SELECT max(p.sentAt) FROM probe AS p
                JOIN probeReturn AS r ON r.probeId = p.id
                WHERE p.registryId = coverage.registryId AND p.sentAt <= ?1 AND (
                    coverage.kind = 'source ' || r.source
                    OR (coverage.kind = 'delivered late' AND r.source = 0)
                )
            ), fromTime))
            WHERE toTime > ?1 AND kind <> 'import'
            """,
            [moment]
        )
    }

    /// Milliseconds after which a silent process is not waited for.
    private static let silence: Int64 = 3_600_000
}
