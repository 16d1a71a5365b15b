import GRDB
package import RegistryModel

/// Why the lines of an import cover nothing.
package enum CoverageRefusal: Sendable, Equatable {
    /// None tells of a read, so the logs may be of writes only. What is vouched for is covered.
    case noReads
    /// Some are stamped for a time that is still to come, the newest for this one, so nobody knows
    /// what any of the stamps means. What is vouched for is not covered either.
    case future(Timestamp)
}

/// The time that an import covers: the hours that hold lines, from the first line to the last
/// (design, section 5.2).
///
/// An hour in which something was not understood is not covered, whoever vouches for it. That the
/// first and last hour are covered in part only is caution: nobody knows what came before the first
/// line, or is still to be written after the last. See ``CoverageRefusal`` for lines that cover
/// nothing.
struct ImportedSpans {
    private var hours: Set<Int64> = []
    private(set) var first: Timestamp?
    private(set) var last: Timestamp?
    private var vouched: [ClosedRange<Timestamp>] = []
    private(set) var doubts: [ClosedRange<Timestamp>] = []
    /// The newest line so far, and whether something behind it was not understood.
    private var end: Timestamp?
    private var isOpen = false
    private var hasLines = false
    private var hasReads = false
    private var future: Timestamp?
    /// What others covered before, and what is stored of this since.
    private var before: [ClosedRange<Timestamp>]?
    private var stored: [ClosedRange<Timestamp>] = []

    /// Takes a piece that was read by `now`.
    mutating func add(_ chunk: ImportedChunk, now: Timestamp) {
        hours.formUnion(chunk.hours)
        if chunk.first != nil { hasLines = true }
        if chunk.hasReads { hasReads = true }
        if let time = chunk.future, time > now + Self.slack { future = max(future ?? time, time) }
        if let time = chunk.first { note(time) }
        if let time = chunk.last { note(time) }
        let start = chunk.first ?? end
        if chunk.doubts.startsInDoubt || isOpen, let from = end ?? start, let to = start ?? end {
            add(min(from, to)...max(from, to))
        }
        for doubt in chunk.doubts.ranges { add(doubt) }
        if let last = chunk.last { end = max(end ?? last, last) }
        if chunk.first != nil { isOpen = false }
        if chunk.doubts.endsInDoubt {
            isOpen = true
            if let end { add(end...end) }
        }
    }

    private mutating func add(_ doubt: ClosedRange<Timestamp>) {
        guard doubts.count < Self.mostDoubts else { return }
        // Many in a row are one.
        if let before = doubts.last, before.upperBound.hour + 1 >= doubt.lowerBound.hour,
            before.lowerBound <= doubt.upperBound
        {
            doubts[doubts.count - 1] =
                min(before.lowerBound, doubt.lowerBound)...max(before.upperBound, doubt.upperBound)
        } else {
            doubts.append(doubt)
        }
    }

    mutating func note(_ time: Timestamp) {
        first = min(first ?? time, time)
        last = max(last ?? time, time)
        hours.insert(time.hour)
    }

    /// Why its lines cover nothing, if so.
    var refusal: CoverageRefusal? {
        if let future { return .future(future) }
        return hasLines && !hasReads ? .noReads : nil
    }

    mutating func vouch(_ range: ClosedRange<Timestamp>) { vouched.append(range) }

    /// In the order of time, none touching another.
    func covered(_ now: Timestamp) -> [ClosedRange<Timestamp>] {
        // Beyond the limit nothing is known of where the doubts are.
        guard doubts.count < Self.mostDoubts, future == nil else { return [] }
        var spans = vouched.filter { $0.lowerBound < now }
            .map { $0.lowerBound...min($0.upperBound, now) }
        if hasReads, let first, let last {
            for hour in hours {
                let start = max(first, Timestamp(milliseconds: hour * 3_600_000))
                let end = min(last, Timestamp(milliseconds: (hour + 1) * 3_600_000))
                if start <= end { spans.append(start...end) }
            }
        }
        return Self.without(doubts, Self.joined(spans))
    }

    /// Adds what is covered to what other imports cover.
    mutating func store(_ registryId: Int64, _ now: Timestamp, _ db: Database) throws {
        let known = try db.rows(
            "SELECT fromTime, toTime FROM coverage WHERE registryId = ? AND kind = 'import'",
            [registryId]
        ).map { row in
            Timestamp(milliseconds: row[0])...Timestamp(milliseconds: row[1])
        }
        let before = self.before ?? known
        self.before = before
        let covered = covered(now)
        // What was stored before a line of the future came is taken back.
        let others = future == nil ? known : before + Self.without(stored, known)
        stored = covered
        let all = Self.joined(others + covered)
        guard all != known else { return }
        try db.run(
            "DELETE FROM coverage WHERE registryId = ? AND kind = 'import'",
            [registryId]
        )
        for span in all {
            try db.run(
                """
                INSERT INTO coverage (registryId, kind, fromTime, toTime) VALUES (?, 'import', ?, ?)
                """,
                [registryId, span.lowerBound.milliseconds, span.upperBound.milliseconds]
            )
        }
    }

    private static func joined(_ spans: [ClosedRange<Timestamp>]) -> [ClosedRange<Timestamp>] {
        var result: [ClosedRange<Timestamp>] = []
        for span in spans.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let before = result.last, span.lowerBound <= before.upperBound {
                result[result.count - 1] =
                    before.lowerBound...max(before.upperBound, span.upperBound)
            } else {
                result.append(span)
            }
        }
        return result
    }

    private static func without(
        _ doubts: [ClosedRange<Timestamp>],
        _ spans: [ClosedRange<Timestamp>]
    ) -> [ClosedRange<Timestamp>] {
        doubts.reduce(spans) { spans, doubt in spans.flatMap { without(doubt, $0) } }
    }

    /// What is left of a span without the hours of a doubt.
    private static func without(
        _ doubt: ClosedRange<Timestamp>,
        _ span: ClosedRange<Timestamp>
    ) -> [ClosedRange<Timestamp>] {
        let start = doubt.lowerBound.startOfHour
        let end = doubt.upperBound.startOfHour + .hours(1)
        guard span.lowerBound < end, start < span.upperBound else { return [span] }
        var rest: [ClosedRange<Timestamp>] = []
        if span.lowerBound < start { rest.append(span.lowerBound...start) }
        if end < span.upperBound { rest.append(end...span.upperBound) }
        return rest
    }

    /// Logs with more doubtful places are not logs.
    private static let mostDoubts = 10_000
    /// How far clocks may differ that somebody keeps.
    private static let slack = Span.minutes(5)
}
