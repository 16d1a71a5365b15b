import GRDB
package import RegistryModel

/// Why the lines of an import cover nothing.
package enum CoverageRefusal: Sendable, Equatable {
    /// None of these logs tells of a read, so they may be of writes only. What is vouched for is
    /// covered, and what other logs cover.
    case noReads([String])
    /// Logs at these places could not be read to their ends, by this import or an earlier one, and
    /// nobody knows which accesses are in them. What the others cover counts as soon as they are read.
    case unread([String])
    /// Some are stamped for a time that is still to come, the newest for this one, so nobody knows
    /// what any of the stamps means. What is vouched for is not covered either.
    case future(Timestamp)
}

/// The time that an import covers: the hours that hold lines, from the first line to the last
/// (design, section 5.2), of those logs that tell of reads.
///
/// One that has none may be of writes only, whatever others tell; the files into which a log was
/// rotated are one (``LogFamily``).
///
/// That the first and last hour are covered in part only is caution: nobody knows what came before the
/// first line, or is still to be written after the last. See ``CoverageRefusal`` for lines that cover
/// nothing. Hours in which something was not understood are taken away whenever coverage is read, for
/// as long as that is so (``DoubtRows``).
///
/// What is covered waits in the ledger until all logs are read that imports were to read, also when
/// one of them is killed meanwhile: a log that is still to come may be unreadable.
struct ImportedSpans {
    /// What was read of logs, by their families.
    private var sources: [LogFamily: Source] = [:]
    /// That of the log which is read.
    private var family = LogFamily(of: "")
    private var vouched: [ClosedRange<Timestamp>] = []
    private var future: Timestamp?
    /// What imports that did not end well left waiting.
    private var before: [ClosedRange<Timestamp>]?
    /// Whether all logs of this import were read to their ends, as far as is known.
    var isWhole = true
    /// Where the logs are that were not, of this import and earlier ones.
    var unread: [String] = []
    var isRead: Bool { isWhole && unread.isEmpty }

    var first: Timestamp? { sources.values.compactMap(\.later.first).min() }
    var last: Timestamp? { sources.values.compactMap(\.later.last).max() }

    /// What was read of the files of one log.
    private struct Source {
        /// Of the first of them that has lines.
        var place = ""
        var hasReads = false
        /// By the later reading of the stamps and by the earlier one, where they differ.
        var later = SpanReading()
        var earlier: SpanReading?

        var hasLines: Bool { !place.isEmpty }

        mutating func note(_ stamp: Timestamp, _ clock: ImportedChunk.Clock) {
            later.note(clock.time(of: stamp))
            guard clock.offset != 0 else { return }
            earlier = earlier ?? SpanReading()
            earlier?.note(clock.earlier(stamp))
        }

        mutating func add(_ chunk: ImportedChunk, offset: Int64) {
            if chunk.hasReads { hasReads = true }
            later.add(chunk.extent)
            guard offset != 0 else { return }
            earlier = earlier ?? SpanReading()
            earlier?.add(chunk.earlierExtent ?? chunk.extent)
        }
    }

    /// Begins the log at a place, of which a line with this stamp was read before.
    mutating func begin(_ place: String, after stamp: Timestamp?, _ clock: ImportedChunk.Clock) {
        family = LogFamily(of: place)
        if let stamp { sources[family, default: Source()].note(stamp, clock) }
    }

    /// Takes a piece that was read by `now`; of a clock that is off by `offset` milliseconds, or not.
    mutating func add(
        _ chunk: ImportedChunk,
        of place: String,
        offset: Int64,
        now: Timestamp
    ) {
        if let time = chunk.future, time > now + Self.slack { future = max(future ?? time, time) }
        var source = sources.removeValue(forKey: family) ?? Source()
        if chunk.first != nil, !source.hasLines { source.place = place }
        source.add(chunk, offset: offset)
        sources[family] = source
    }

    /// Why its lines cover nothing, if so.
    var refusal: CoverageRefusal? {
        if let future { return .future(future) }
        if !isRead { return .unread(unread) }
        let silent = sources.values.filter { $0.hasLines && !$0.hasReads }.map(\.place)
        return silent.isEmpty ? nil : .noReads(silent.sorted())
    }

    mutating func vouch(_ range: ClosedRange<Timestamp>) { vouched.append(range) }

    /// Of what this import read alone; what either reading leaves open is not covered.
    private func lines(_ now: Timestamp) -> [ClosedRange<Timestamp>] {
        guard future == nil else { return [] }
        let vouched = vouched.filter { $0.lowerBound < now }
            .map { $0.lowerBound...min($0.upperBound, now) }
        var later = SpanReading()
        var earlier: SpanReading?
        for source in sources.values where source.hasReads {
            later.add(source.later)
            guard let reading = source.earlier else { continue }
            earlier = earlier ?? SpanReading()
            earlier?.add(reading)
        }
        let spans = later.covered(vouched)
        guard let earlier else { return spans }
        return Self.common(spans, earlier.covered(vouched))
    }

    private static func common(
        _ left: [ClosedRange<Timestamp>],
        _ right: [ClosedRange<Timestamp>]
    ) -> [ClosedRange<Timestamp>] {
        left.flatMap { one in
            right.compactMap { other in
                let start = max(one.lowerBound, other.lowerBound)
                let end = min(one.upperBound, other.upperBound)
                return start <= end ? start...end : nil
            }
        }
    }

    /// Keeps what is covered so far until the import ends.
    mutating func store(_ registryId: Int64, _ now: Timestamp, _ db: Database) throws {
        let waiting = try waiting(registryId, now, db)
        try Self.replace("pendingCoverage", of: registryId, by: waiting, db)
    }

    /// Ends the import: what waits is covered, unless something could not be read; returns that.
    mutating func finish(
        _ registryId: Int64,
        _ now: Timestamp,
        _ db: Database
    ) throws -> [ClosedRange<Timestamp>] {
        guard isRead, future == nil else {
            // Stamps that mean nothing are forgotten.
            if future != nil {
                try Self.replace("pendingCoverage", of: registryId, by: [], db)
            } else {
                try store(registryId, now, db)
            }
            return []
        }
        let waiting = try waiting(registryId, now, db)
        let known = try Self.spans("coverage", of: registryId, db)
        let all = (known + waiting).joinedInOrder
        try Self.replace("pendingCoverage", of: registryId, by: [], db)
        if all != known { try Self.replace("coverage", of: registryId, by: all, db) }
        return waiting
    }

    private mutating func waiting(
        _ registryId: Int64,
        _ now: Timestamp,
        _ db: Database
    ) throws -> [ClosedRange<Timestamp>] {
        let before = try before ?? Self.spans("pendingCoverage", of: registryId, db)
        self.before = before
        return (before + lines(now)).joinedInOrder
    }

    private static func spans(
        _ table: String,
        of registryId: Int64,
        _ db: Database
    ) throws -> [ClosedRange<Timestamp>] {
        try db.rows(
            """
            SELECT fromTime, toTime FROM \(table) WHERE registryId = ? AND kind = 'import'
            ORDER BY fromTime
            """,
            [registryId]
        ).map { row in
            Timestamp(milliseconds: row[0])...Timestamp(milliseconds: row[1])
        }
    }

    private static func replace(
        _ table: String,
        of registryId: Int64,
        by spans: [ClosedRange<Timestamp>],
        _ db: Database
    ) throws {
        try db.run("DELETE FROM \(table) WHERE registryId = ? AND kind = 'import'", [registryId])
        for span in spans {
            try db.run(
                """
                INSERT INTO \(table) (registryId, kind, fromTime, toTime)
                VALUES (?, 'import', ?, ?)
                """,
                [registryId, span.lowerBound.milliseconds, span.upperBound.milliseconds]
            )
        }
    }

    /// How far clocks may differ that somebody keeps.
    private static let slack = Span.minutes(5)
}

/// When an import has lines, by one reading of their stamps.
private struct SpanReading {
    private var hours: Set<Int64> = []
    private(set) var first: Timestamp?
    private(set) var last: Timestamp?

    mutating func add(_ extent: ImportedExtent) {
        hours.formUnion(extent.hours)
        if let time = extent.first { note(time) }
        if let time = extent.last { note(time) }
    }

    mutating func note(_ time: Timestamp) {
        first = min(first ?? time, time)
        last = max(last ?? time, time)
        hours.insert(time.hour)
    }

    mutating func add(_ other: SpanReading) {
        hours.formUnion(other.hours)
        if let time = other.first { note(time) }
        if let time = other.last { note(time) }
    }

    func covered(_ vouched: [ClosedRange<Timestamp>]) -> [ClosedRange<Timestamp>] {
        var spans = vouched
        if let first, let last {
            for hour in hours {
                let start = max(first, Timestamp(milliseconds: hour * 3_600_000))
                let end = min(last, Timestamp(milliseconds: (hour + 1) * 3_600_000))
                if start <= end { spans.append(start...end) }
            }
        }
        return spans.joinedInOrder
    }
}
