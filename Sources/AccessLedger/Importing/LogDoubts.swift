import RegistryModel

/// When it was that something of one log was not understood, as far as the log's own lines tell.
///
/// It lies between the lines around it. What comes before the first line may be of any time before it,
/// and what comes behind the last of any time since; where lines are not in the order of time, it may
/// be of any time at all.
struct LogDoubts {
    private var ranges: [ClosedRange<Timestamp>] = []
    /// The stamp of the last line so far; nil before the first.
    private var end: Timestamp?
    /// Something behind that line was not understood.
    private var isOpen = false
    private var isEverywhere = false

    /// Of a log that was read up to a line with this stamp, if it was.
    init(after end: Timestamp? = nil) { self.end = end }

    /// Takes the next piece of the log.
    mutating func add(_ extent: ImportedExtent, _ found: ImportedDoubts) {
        if found.isEverywhere { isEverywhere = true }
        guard let opening = extent.opening, let closing = extent.closing else {
            isOpen = isOpen || found.startsInDoubt || found.endsInDoubt
            return
        }
        if isOpen || found.startsInDoubt { close(at: opening) }
        ranges += found.ranges
        if ranges.count > Self.most {
            ranges = ranges.joinedByHour
            // Nothing like a log.
            if ranges.count > Self.most / 2 { isEverywhere = true }
        }
        isOpen = found.endsInDoubt
        end = closing
    }

    private mutating func close(at next: Timestamp) {
        guard let end else { return ranges.append(Self.beginning...next) }
        if ImportedDoubts.isBackwards(from: end, to: next) { isEverywhere = true }
        ranges.append(min(end, next)...max(end, next))
    }

    /// In the order of time, for a log that was read at `now`; `shift` is how much earlier its stamps
    /// may have been.
    func all(by now: Timestamp, shift: Span = .zero) -> [ClosedRange<Timestamp>] {
        if isEverywhere { return [Self.beginning...now] }
        var all = ranges
        // Without any line with a time nobody knows of when it is.
        if isOpen, let end { all.append(end...max(end, now)) }
        return all.map { Self.widened($0, shift) }.joinedByHour
    }

    /// When a line may have been that stands behind the last one and was written before `time`.
    func behindTheLast(until time: Timestamp, shift: Span = .zero) -> ClosedRange<Timestamp> {
        let start = end ?? Self.beginning
        return Self.widened(start...max(start, time), shift)
    }

    private static func widened(
        _ range: ClosedRange<Timestamp>,
        _ shift: Span
    ) -> ClosedRange<Timestamp> {
        let start = range.lowerBound - shift - disorder
        return max(start, beginning)...max(range.upperBound + disorder, start)
    }

    /// Before everything.
    static let beginning = Timestamp(milliseconds: 0)
    /// By how much lines that follow each other may be out of order.
    private static let disorder = Span.seconds(30)
    private static let most = 10_000
}

extension [ClosedRange<Timestamp>] {
    /// In the order of time; those that leave no whole hour between them as one.
    var joinedByHour: [ClosedRange<Timestamp>] {
        var result: [ClosedRange<Timestamp>] = []
        for span in sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let before = result.last, span.lowerBound.hour <= before.upperBound.hour + 1 {
                result[result.count - 1] =
                    before.lowerBound...Swift.max(before.upperBound, span.upperBound)
            } else {
                result.append(span)
            }
        }
        return result
    }

    /// In the order of time, what touches as one.
    var joinedInOrder: [ClosedRange<Timestamp>] {
        var result: [ClosedRange<Timestamp>] = []
        for span in sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let before = result.last, span.lowerBound <= before.upperBound {
                result[result.count - 1] =
                    before.lowerBound...Swift.max(before.upperBound, span.upperBound)
            } else {
                result.append(span)
            }
        }
        return result
    }

    /// What is left without the hours that others touch.
    func without(hoursOf others: [ClosedRange<Timestamp>]) -> [ClosedRange<Timestamp>] {
        others.reduce(self) { spans, other in
            spans.flatMap { Self.without(other, $0) }
        }
    }

    private static func without(
        _ other: ClosedRange<Timestamp>,
        _ span: ClosedRange<Timestamp>
    ) -> [ClosedRange<Timestamp>] {
        let start = other.lowerBound.startOfHour
        let end = other.upperBound.startOfHour + .hours(1)
        guard span.lowerBound < end, start <= span.upperBound else { return [span] }
        var rest: [ClosedRange<Timestamp>] = []
        if span.lowerBound < start { rest.append(span.lowerBound...start) }
        if end < span.upperBound { rest.append(end...span.upperBound) }
        return rest
    }
}
