import Foundation
import GRDB
package import RegistryModel

/// A log of which the ledger notes something, and by what it is known again.
package struct NotedLog: Sendable, Equatable {
    package var id: Int64
    /// The path, or the address without its signature.
    package var place: String
    /// The hash of the first `headLength` bytes; where that is zero only the place tells.
    package var head: [UInt8] = []
    package var headLength = 0
    /// How far it was read.
    package var offset: Int64 = 0
    /// How its records were read.
    package var dialect: String

    /// The place of what is piped in.
    package static let standardInput = "standard input"

    /// Whether it is its last line that is in doubt, which was not complete and was not read.
    package var isUnfinished: Bool { dialect == Self.unfinished }

    /// Stands for the dialect of what was not read.
    static let unfinished = "unfinished"

    package init(place: String, dialect: String = "", id: Int64 = .random(in: 1 ... .max)) {
        self.id = id
        self.place = place
        self.dialect = dialect
    }
}

/// When it was that something of an imported log was not understood.
package struct ImportDoubt: Sendable, Equatable {
    package var place: String
    /// From zero on where nobody knows since when.
    package var range: ClosedRange<Timestamp>
    /// Whether it is its last line, which is not complete.
    package var isUnfinished = false

    /// Since when, where that is known.
    package var start: Timestamp? {
        range.lowerBound > LogDoubts.beginning ? range.lowerBound : nil
    }
}

/// What imports of a registry's logs did not understand: no import covers the hours in which that
/// was, before the log is read again whole, and understood.
struct DoubtRows {
    let db: Database
    let registryId: Int64

    /// All that is in doubt, in the order of time.
    func hours() throws -> [ClosedRange<Timestamp>] {
        try db.rows(
            """
            SELECT d.fromTime, d.toTime FROM doubtfulLog AS l
            JOIN importDoubt AS d ON d.logId = l.id
            WHERE l.registryId = ?
            """,
            [registryId]
        ).map(Self.range).joinedByHour
    }

    /// What is in doubt of each log, in the order of time.
    func all() throws -> [(log: Int64, doubt: ImportDoubt)] {
        try db.rows(
            """
            SELECT d.fromTime, d.toTime, l.id, l.place, l.dialect FROM doubtfulLog AS l
            JOIN importDoubt AS d ON d.logId = l.id
            WHERE l.registryId = ? ORDER BY d.fromTime, d.toTime
            """,
            [registryId]
        ).map { row in
            let log = NotedLog(place: row[3], dialect: row[4], id: row[2])
            return (
                log.id,
                ImportDoubt(
                    place: log.place,
                    range: Self.range(row),
                    isUnfinished: log.isUnfinished
                )
            )
        }
    }

    private static func range(_ row: some LedgerRow) -> ClosedRange<Timestamp> {
        Timestamp(milliseconds: row[0])...Timestamp(milliseconds: row[1])
    }

    /// The logs in which something is in doubt.
    func logs() throws -> [NotedLog] {
        try db.rows(
            """
            SELECT id, place, head, headLength, offset, dialect FROM doubtfulLog
            WHERE registryId = ?
            """,
            [registryId]
        ).map { row in
            var log = NotedLog(place: row[1], dialect: row[5], id: row[0])
            log.head = Array(row[2] as Data)
            log.headLength = row[3]
            log.offset = row[4]
            return log
        }
    }

    /// Notes what is in doubt of a log, in place of what was noted under its number before.
    func note(_ doubts: [ClosedRange<Timestamp>], of log: NotedLog) throws {
        try db.run(
            """
            INSERT INTO doubtfulLog (id, registryId, place, head, headLength, offset, dialect)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (id) DO UPDATE SET head = ?4, headLength = ?5, offset = ?6
            """,
            [
                log.id, registryId, log.place, Data(log.head), log.headLength, log.offset,
                log.dialect,
            ]
        )
        try db.run("DELETE FROM importDoubt WHERE logId = ?", [log.id])
        for doubt in doubts {
            try db.run(
                "INSERT INTO importDoubt (logId, fromTime, toTime) VALUES (?, ?, ?)",
                [log.id, doubt.lowerBound.milliseconds, doubt.upperBound.milliseconds]
            )
        }
    }

    func forget(_ logId: Int64) throws {
        try db.run("DELETE FROM importDoubt WHERE logId = ?", [logId])
        try db.run("DELETE FROM doubtfulLog WHERE id = ?", [logId])
    }

    /// Drops what is older than what is remembered, for all registries.
    static func rollOff(_ db: Database, before horizon: Int64) throws {
        try db.run("DELETE FROM importDoubt WHERE toTime < ?", [horizon])
        try db.run(
            "DELETE FROM doubtfulLog WHERE id NOT IN (SELECT logId FROM importDoubt)"
        )
    }
}

/// The log that an import reads at present, and what of it is in doubt.
struct LogInHand {
    var log: NotedLog
    private var doubts: LogDoubts
    private var stored: [ClosedRange<Timestamp>] = []

    /// `last` is the stamp of its last line that was read before, if it was.
    init(_ log: NotedLog, after last: Timestamp? = nil) {
        self.log = log
        doubts = LogDoubts(after: last)
    }

    mutating func add(_ chunk: ImportedChunk) { doubts.add(chunk.extent, chunk.doubts) }

    /// When a line may have been that stands behind the last one and was written before `end`.
    func behindTheLast(until end: Timestamp, shift: Span) -> ClosedRange<Timestamp> {
        doubts.behindTheLast(until: end, shift: shift)
    }

    /// Writes what is in doubt so far, of a log whose stamps may be `shift` earlier.
    mutating func store(
        _ registryId: Int64,
        _ now: Timestamp,
        shift: Span,
        _ db: Database
    ) throws {
        let found = doubts.all(by: now, shift: shift)
        guard found != stored else { return }
        try DoubtRows(db: db, registryId: registryId).note(found, of: log)
        stored = found
    }
}
