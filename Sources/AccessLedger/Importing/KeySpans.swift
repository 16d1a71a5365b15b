import Foundation
import GRDB
import RegistryModel

/// The keys of all records of a registry's logs, those of some spans of ten minutes in memory.
///
/// What is heard is known by its keys for some days only, what was imported for as long as it is
/// counted: old logs are read again long after they were written.
final class KeySpans {
    private let registryId: Int64
    private var spans: [Int64: Span] = [:]
    private var turn = 0
    /// The one that was used last, out of `spans`.
    private var current: (number: Int64, span: Span)?

    private final class Span {
        // Unchecked: one thread uses it, and asks it a million times a second.
        @exclusivity(unchecked) var keys = KeySet()
        /// Keys that are to be stored.
        @exclusivity(unchecked) var added: [EventKey] = []
        /// The newest row of the table that is in here.
        var loadedTo: Int64 = -1
        var lastTurn = 0
    }

    init(registryId: Int64) { self.registryId = registryId }

    /// Brings what is in memory up to date with what others have written since; call it at the
    /// beginning of each transaction.
    func begin(_ db: Database) throws {
        turn += 1
        current = nil
        for (number, span) in spans { try load(span, number, db) }
    }

    /// As ``KeySet/take(_:by:)``, among the records of that time.
    func take(
        _ key: EventKey,
        at time: Int64,
        by owner: UInt32,
        _ db: Database
    ) throws -> (key: EventKey, isNew: Bool) {
        let span = try span(at: time, db)
        let taken = span.keys.take(key, by: owner)
        if taken.isNew { span.added.append(taken.key) }
        return taken
    }

    /// Takes records in their order, and gives each one's key, and whether it is new, to `body`.
    func take(
        _ records: [ImportedChunk.Record],
        by owner: UInt32,
        _ db: Database,
        _ body: (ImportedChunk.Record, EventKey, Bool) -> Void
    ) throws {
        var start = 0
        while start < records.count {
            let number = Self.number(of: records[start].stamp)
            let times = (number * Self.length)..<((number + 1) * Self.length)
            let span = try span(at: records[start].stamp, db)
            var end = start
            while end < records.count, times.contains(records[end].stamp) {
                let record = records[end]
                let taken = span.keys.take(record.key, by: owner)
                if taken.isNew { span.added.append(taken.key) }
                body(record, taken.key, taken.isNew)
                end += 1
            }
            start = end
        }
    }

    /// Says of keys of that time that the log `owner` has had them.
    func own(_ keys: [EventKey], at time: Int64, by owner: UInt32, _ db: Database) throws {
        guard !keys.isEmpty else { return }
        let span = try span(at: time, db)
        for key in keys { span.keys.own(key, by: owner) }
    }

    private func span(at time: Int64, _ db: Database) throws -> Span {
        let number = Self.number(of: time)
        if let current, current.number == number { return current.span }
        let span = try span(number, db)
        current = (number, span)
        return span
    }

    /// Stores what was added, and forgets the spans that were left behind.
    func store(_ db: Database) throws {
        for (number, span) in spans.sorted(by: { $0.key < $1.key }) where !span.added.isEmpty {
            try db.run(
                "INSERT INTO importedKeys (registryId, span, keys) VALUES (?, ?, ?)",
                [registryId, number, KeyBytes.data(span.added)]
            )
            span.loadedTo = max(span.loadedTo, db.lastInsertedRowID)
            span.added = []
        }
        current = nil
        spans = spans.filter { $0.value.lastTurn > turn - Self.turnsKept }
        var count = spans.values.reduce(0) { $0 + $1.keys.count }
        for (number, span) in spans.sorted(by: { $0.value.lastTurn < $1.value.lastTurn }) {
            guard count > Self.mostKeys, span.lastTurn < turn else { break }
            count -= span.keys.count
            spans[number] = nil
        }
    }

    private func span(_ number: Int64, _ db: Database) throws -> Span {
        let span = spans[number] ?? Span()
        if spans[number] == nil {
            spans[number] = span
            try load(span, number, db)
        }
        span.lastTurn = turn
        return span
    }

    private func load(_ span: Span, _ number: Int64, _ db: Database) throws {
        for row in try db.rows(
            """
            SELECT id, keys FROM importedKeys WHERE registryId = ? AND span = ? AND id > ?
            ORDER BY id
            """,
            [registryId, number, span.loadedTo]
        ) {
            span.loadedTo = row[0]
            for key in KeyBytes.keys(row[1]) { span.keys.load(key) }
        }
        try db.forEach(
            "SELECT high, low FROM seen WHERE registryId = ? AND stamp >= ? AND stamp < ?",
            [registryId, number * Self.length, (number + 1) * Self.length]
        ) { row in
            span.keys.load(
                EventKey(
                    high: UInt64(bitPattern: row[0] as Int64),
                    low: UInt64(bitPattern: row[1] as Int64)
                )
            )
        }
    }

    static func number(of time: Int64) -> Int64 {
        Int64((Double(time) / Double(length)).rounded(.down))
    }

    /// Milliseconds of one span.
    private static let length: Int64 = 600_000
    /// A log is written nearly in the order of time: what it left behind does not come again.
    private static let turnsKept = 2
    /// About 50 MB.
    private static let mostKeys = 1_000_000
}

/// Whether a record that is heard was imported before.
struct ImportedKeys {
    /// For each registry the newest span that has any; none where nothing was imported.
    private var ends: [Int64: Int64] = [:]
    private var spans: [Place: KeySet] = [:]

    private struct Place: Hashable {
        var registryId: Int64
        var span: Int64
    }

    mutating func contains(_ access: Access, of registryId: Int64, _ db: Database) throws -> Bool {
        let span = KeySpans.number(of: access.time.milliseconds)
        guard try span <= end(registryId, db) else { return false }
        let place = Place(registryId: registryId, span: span)
        if let keys = spans[place] { return keys.contains(access.key) }
        var keys = KeySet()
        try db.forEach(
            "SELECT keys FROM importedKeys WHERE registryId = ? AND span = ?",
            [registryId, span]
        ) { row in
            for key in KeyBytes.keys(row[0]) { keys.load(key) }
        }
        if spans.count >= Self.mostSpans { spans.removeAll() }
        spans[place] = keys
        return keys.contains(access.key)
    }

    private mutating func end(_ registryId: Int64, _ db: Database) throws -> Int64 {
        if let end = ends[registryId] { return end }
        let end =
            try db.number(
                "SELECT max(span) FROM importedKeys WHERE registryId = ?",
                [registryId]
            ) ?? .min
        ends[registryId] = end
        return end
    }

    private static let mostSpans = 16
}
