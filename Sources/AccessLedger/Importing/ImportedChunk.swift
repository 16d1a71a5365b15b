package import RegistryModel

/// What one piece of a log says, gathered: what was used in which hour, and the keys of the records.
///
/// Made beside others on every processor; ``LedgerImport`` takes them in the order of the log.
package struct ImportedChunk: Sendable {
    /// How stamps are read: by our clock, and not before what is still remembered.
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

        package func time(of stamp: Timestamp) -> Timestamp {
            let (time, overflows) = stamp.milliseconds.subtractingReportingOverflow(offset)
            return overflows ? stamp : min(Timestamp(milliseconds: time), now)
        }
    }

    /// Equal uses of one hour.
    struct Use: Sendable {
        var `class`: AccessClass
        var repository: RepositoryName
        var digest: Digest?
        var tag: TagName?
        var hour: Int64
        var isSecondGranular: Bool
        var mediaType: String?
        /// The same by the numbers of the table.
        var name: UseName
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
    /// The names, for as long as the reads in here may turn out to be part of a push.
    var names: AccessTable

    package private(set) var ignored: Int
    /// Older than what is still remembered.
    package private(set) var tooOld = 0
    /// What somebody asked for, and was not there; by our clock.
    var misses: [(miss: Miss, time: Timestamp)]
    package private(set) var rejections: [DecodedBody.Rejection]
    package private(set) var rejected: Int
    /// The hours in which it has accesses.
    package private(set) var hours: Set<Int64> = []
    package private(set) var first: Timestamp?
    package private(set) var last: Timestamp?
    /// When it was that something was not understood.
    package var doubts = ImportedDoubts()

    /// Gathers what a log says: its accesses, and the rest of it.
    package init(
        _ table: AccessTable,
        _ rest: DecodedBody,
        clock: Clock,
        ignoring ignoreList: AccessIgnoreList
    ) {
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
        let clients = Clients(table, ignoreList)
        var places = UsePlaces()
        var pushes: [Int] = []
        var hour: Int64 = .min
        var (first, last) = (Timestamp(milliseconds: .max), Timestamp(milliseconds: .min))
        for row in table.rows {
            let time = clock.time(of: row.time)
            first = min(first, time)
            last = max(last, time)
            let newHour = time.hour
            if newHour != hour { hours.insert(newHour) }
            hour = newHour
            guard time >= clock.horizon else {
                tooOld += 1
                continue
            }
            guard !clients.ignores(row) else {
                ignored += 1
                continue
            }
            let name = UseName(
                repository: row.repository,
                digest: row.digest,
                tag: row.tag,
                hour: Int32(truncatingIfNeeded: hour),
                class: row.class
            )
            let (use, isNew) = places.place(of: name)
            if isNew { uses.append(Self.use(name, row, hour, table)) }
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
        if !table.rows.isEmpty { (self.first, self.last) = (first, last) }
        guard !pushes.isEmpty else { return }
        markChecks(of: pushes.map { push(records[$0]) })
        let pushing = self
        forgetMisses(before: pushing)
    }

    private static func use(
        _ name: UseName,
        _ row: AccessTable.Row,
        _ hour: Int64,
        _ table: AccessTable
    ) -> Use {
        Use(
            class: row.class,
            repository: table.repositories[Int(row.repository)],
            digest: row.digest < 0 ? nil : table.digests[Int(row.digest)],
            tag: row.tag < 0 ? nil : table.tags[Int(row.tag)],
            hour: hour,
            isSecondGranular: row.isSecondGranular,
            mediaType: row.mediaType < 0 ? nil : table.mediaTypes[Int(row.mediaType)],
            name: name
        )
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

/// Whose accesses are no use.
private struct Clients {
    private var isOwn: [Bool]
    private var isIgnored: [Bool]

    init(_ table: AccessTable, _ ignoreList: AccessIgnoreList) {
        isOwn = table.clients.map { OwnUserAgent.matches($0.userAgent) }
        isIgnored = table.clients.map { _ in false }
        guard ignoreList != AccessIgnoreList() else { return }
        var isJudged = isIgnored
        for row in table.rows where !isJudged[Int(row.client)] {
            isJudged[Int(row.client)] = true
            isIgnored[Int(row.client)] = ignoreList.ignores(table.access(row))
        }
    }

    /// What an ignored client pushes or deletes is heeded all the same.
    func ignores(_ row: AccessTable.Row) -> Bool {
        let client = Int(row.client)
        if isOwn[client] { return true }
        return isIgnored[client] && (row.class == .pull || row.class == .resolve)
    }
}

/// When it was that something of a chunk was not understood, as far as its neighbours tell.
package struct ImportedDoubts: Sendable {
    var ranges: [ClosedRange<Timestamp>] = []
    /// It reaches back to the chunk before, or on to the next.
    package var startsInDoubt = false
    package var endsInDoubt = false

    package init() {}

    /// Adds what lies between two times; without the first, since the chunk before.
    package mutating func add(from start: Timestamp?, to end: Timestamp) {
        if start == nil { startsInDoubt = true }
        let start = min(start ?? end, end)
        if let before = ranges.last, before.upperBound >= start {
            ranges[ranges.count - 1] =
                min(before.lowerBound, start)...max(before.upperBound, end)
        } else {
            ranges.append(start...end)
        }
    }
}
