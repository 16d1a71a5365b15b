package import RegistryModel

/// What one piece of a log says, gathered: what was used in which hour, and the keys of the records.
///
/// Made beside others on every processor; ``LedgerImport`` takes them in the order of the log.
package struct ImportedChunk: Sendable {
    /// How stamps are read: by our clock, and not before what is still remembered.
    ///
    /// A probe tells the clock of one of the registry's logs, and nobody knows whether what is imported
    /// is of that one. So there are two readings: a use was at the later one, a delete at the earlier
    /// one, and what is covered is so by both.
    package struct Clock: Sendable {
        /// Milliseconds by which the registry's clock is ahead.
        package var offset: Int64 = 0
        /// Nothing is later.
        package var now: Timestamp
        /// What is older is not counted.
        package var horizon: Timestamp

        package init(offset: Int64 = 0, now: Timestamp, horizon: Timestamp) {
            self.offset = offset
            self.now = now
            self.horizon = horizon
        }

        /// The later reading.
        package func time(of stamp: Timestamp) -> Timestamp {
            min(offset < 0 ? corrected(stamp) : stamp, now)
        }

        /// The earlier reading.
        func earlier(_ stamp: Timestamp) -> Timestamp { min(uncapped(stamp), now) }

        /// The earlier reading, also where that is still to come.
        func uncapped(_ stamp: Timestamp) -> Timestamp { offset > 0 ? corrected(stamp) : stamp }

        private func corrected(_ stamp: Timestamp) -> Timestamp {
            let (time, overflows) = stamp.milliseconds.subtractingReportingOverflow(offset)
            return overflows ? stamp : Timestamp(milliseconds: time)
        }
    }

    /// Equal uses of one hour.
    struct Use: Sendable {
        var name: UseName
        /// By its number, as the names; -1 for none.
        var mediaType: Int32
        var isSecondGranular: Bool
    }

    struct Record: Sendable {
        var key: EventKey
        /// As the log says it, for the key belongs to that.
        var stamp: Int64
        var time: Int64
        /// Its place in `uses`.
        var use: Int32
        var client: Int32
        /// A pushing client's own check, which is no use.
        var isCheck = false
    }

    private(set) var uses: [Use] = []
    var records: [Record] = []
    /// The places of the pushes among the records.
    private(set) var pushes: [Int] = []
    /// The names, until all that they are needed for is done.
    var names: AccessTable
    let origin: NameOrigin
    /// What the names' numbers are in the import, once it took the piece.
    var translation: ImportNames.Translation?

    package private(set) var ignored: Int
    /// Older than what is still remembered.
    package private(set) var tooOld = 0
    /// What somebody asked for, and was not there; by our clock.
    var misses: [(miss: Miss, time: Timestamp)]
    package private(set) var rejections: [DecodedBody.Rejection]
    package private(set) var rejected: Int
    /// When it has accesses, by the later reading of their stamps.
    private(set) var extent = ImportedExtent()
    /// The same by the earlier reading; nil where that is the same.
    private(set) var earlierExtent: ImportedExtent?
    package var first: Timestamp? { extent.first }
    package var last: Timestamp? { extent.last }
    /// Whether it tells of a read, by whomever; a log without any may be one of writes only.
    private(set) var hasReads = false
    /// The newest of its stamps, where that was still to come.
    private(set) var future: Timestamp?
    /// When it was that something was not understood.
    package var doubts = ImportedDoubts()

    /// Gathers what a log says: its accesses, and the rest of it.
    package init(
        _ table: AccessTable,
        _ rest: DecodedBody,
        from origin: NameOrigin = NameOrigin(),
        clock: Clock,
        ignoring ignoreList: AccessIgnoreList
    ) {
        self.origin = origin
        ignored = rest.ignored
        rejections = Array(rest.rejections.prefix(Self.rejectionsKept))
        rejected = rest.rejected
        misses = rest.misses.map { ($0, clock.time(of: $0.access.time)) }
            .filter { miss, time in
                time >= clock.horizon && !OwnUserAgent.matches(miss.access.userAgent)
                    && !ignoreList.ignores(miss.access)
            }
        names = table
        names.rows = []
        records.reserveCapacity(table.rows.count)
        var clients = Clients(table, ignoreList)
        var places = UsePlaces()
        for row in table.rows {
            let isDelete = row.class == .delete
            let time = isDelete ? clock.earlier(row.time) : clock.time(of: row.time)
            guard time >= clock.horizon else {
                tooOld += 1
                continue
            }
            guard !clients.ignores(row, of: table) else {
                ignored += 1
                continue
            }
            let name = UseName(
                repository: row.repository,
                digest: row.digest,
                tag: row.tag,
                hour: Int32(truncatingIfNeeded: time.hour),
                class: row.class
            )
            let (use, isNew) = places.place(of: name)
            if isNew {
                uses.append(
                    Use(
                        name: name,
                        mediaType: row.mediaType,
                        isSecondGranular: row.isSecondGranular
                    )
                )
            }
            if row.class == .push { pushes.append(records.count) }
            records.append(
                Record(
                    key: row.key,
                    stamp: row.time.milliseconds,
                    time: time.milliseconds,
                    use: Int32(use),
                    client: row.client
                )
            )
        }
        extent = ImportedExtent(table.rows) { clock.time(of: $0) }
        if clock.offset != 0 { earlierExtent = ImportedExtent(table.rows, clock.earlier) }
        // The first row tells, mostly.
        hasReads = table.rows.contains {
            $0.class.isRead && clock.time(of: $0.time) >= clock.horizon
        }
        if (earlierExtent ?? extent).last == clock.now {
            future = table.rows.map { clock.uncapped($0.time) }.max()
        }
        guard !pushes.isEmpty else { return }
        markChecks(of: pushes.map { push(records[$0]) })
        guard !misses.isEmpty else { return }
        let pushing = self
        forgetMisses(before: pushing)
    }

    /// How many records it has, of whatever kind.
    package var lines: Int { records.count + ignored + tooOld + rejected }

    /// Whether nothing in it was understood.
    package var isNotUnderstood: Bool { rejected > 0 && rejected == lines }

    /// Adds what was lost on the way to the decoder.
    package mutating func reject(_ rejection: DecodedBody.Rejection) {
        rejections.append(rejection)
        rejected += 1
    }

    /// Samples enough to find the mistake.
    private static let rejectionsKept = 10
}

/// When a log has accesses, by one reading of their stamps.
struct ImportedExtent: Sendable {
    /// The hours that have some, counted since 1970.
    private(set) var hours: Set<Int64> = []
    private(set) var first: Timestamp?
    private(set) var last: Timestamp?
    /// Of its first line and of its last one, in whatever order they are.
    private(set) var opening: Timestamp?
    private(set) var closing: Timestamp?

    init() {}

    init(_ rows: [AccessTable.Row], _ reading: (Timestamp) -> Timestamp) {
        guard !rows.isEmpty else { return }
        var hour: Int64 = .min
        var (first, last) = (Timestamp(milliseconds: .max), Timestamp(milliseconds: .min))
        for row in rows {
            let time = reading(row.time)
            first = min(first, time)
            last = max(last, time)
            // Most lines are of the same hour as the one before.
            let newHour = time.hour
            if newHour != hour { hours.insert(newHour) }
            hour = newHour
        }
        (self.first, self.last) = (first, last)
        opening = rows.first.map { reading($0.time) }
        closing = rows.last.map { reading($0.time) }
    }
}

/// Whose accesses are no use.
private struct Clients {
    private enum Verdict: UInt8 {
        case unknown
        case counted
        case own
        case ignored
    }

    private let ignoreList: AccessIgnoreList
    private var verdicts: [Verdict]

    init(_ table: AccessTable, _ ignoreList: AccessIgnoreList) {
        self.ignoreList = ignoreList
        verdicts = Array(repeating: .unknown, count: table.clients.count)
    }

    /// What an ignored client pushes or deletes is heeded all the same.
    mutating func ignores(_ row: AccessTable.Row, of table: AccessTable) -> Bool {
        switch verdicts[Int(row.client)] {
        case .counted: return false
        case .own: return true
        case .ignored: return row.class.isRead
        case .unknown:
            verdicts[Int(row.client)] = verdict(of: row, table)
            return ignores(row, of: table)
        }
    }

    private func verdict(of row: AccessTable.Row, _ table: AccessTable) -> Verdict {
        if OwnUserAgent.matches(table.clients[Int(row.client)].userAgent) { return .own }
        return ignoreList.ignores(table.access(row)) ? .ignored : .counted
    }
}

/// When it was that something of a chunk was not understood, as far as its neighbours tell.
package struct ImportedDoubts: Sendable, Equatable {
    package private(set) var ranges: [ClosedRange<Timestamp>] = []
    /// It reaches back to the chunk before, or on to the next.
    package var startsInDoubt = false
    package var endsInDoubt = false
    /// Lines around it are not in the order of time, so it may be of any time.
    package var isEverywhere = false

    package init() {}

    package var isEmpty: Bool {
        ranges.isEmpty && !startsInDoubt && !endsInDoubt && !isEverywhere
    }

    /// Whether a line that follows another is more than a little older.
    package static func isBackwards(from line: Timestamp, to next: Timestamp) -> Bool {
        next + slack < line
    }

    /// By how much lines may be out of order, such as where several processes write them.
    private static let slack = Span.minutes(5)

    /// Adds what lies between two lines; without the first, since the chunk before.
    package mutating func add(from line: Timestamp?, to next: Timestamp) {
        guard let line else {
            startsInDoubt = true
            return
        }
        if Self.isBackwards(from: line, to: next) { isEverywhere = true }
        let start = min(line, next)
        let end = max(line, next)
        if let before = ranges.last, before.upperBound >= start {
            ranges[ranges.count - 1] =
                min(before.lowerBound, start)...max(before.upperBound, end)
        } else {
            ranges.append(start...end)
        }
    }
}
