package import EventDecoding
package import RegistryModel

/// A log that grows, as far as it was read: its mark, and the keys of its newest lines.
///
/// A value: what is read on top of it becomes a new one, which holds once it is recorded.
package struct LogGrowth: Sendable, Equatable {
    package var offset: Int64
    /// The first bytes and those before `offset`; both empty while only their hashes are known.
    private(set) var beginning: [UInt8] = []
    private(set) var tail: [UInt8] = []
    private var knownMark: LogMark?
    /// Whether a part of the line at `offset` was counted already.
    package var isCut: Bool
    package var accesses: Int
    package var lastLine: Timestamp?
    private var recent: [Recent]

    private struct Recent: Sendable, Equatable {
        var stamp: Timestamp
        var key: EventKey
    }

    package init() {
        offset = 0
        isCut = false
        accesses = 0
        recent = []
    }

    /// As it was stored; `load` has to follow before it is read on.
    package init(
        _ known: KnownLog,
        accesses: Int,
        lastLine: Timestamp?,
        recentKeys: [EventKey]
    ) {
        offset = known.offset
        isCut = known.isCut
        knownMark = known.mark
        self.accesses = accesses
        self.lastLine = lastLine
        recent = recentKeys.map { Recent(stamp: lastLine ?? .init(milliseconds: 0), key: $0) }
    }

    package var mark: LogMark {
        knownMark ?? LogMark(beginning: beginning, tail: tail, offset: offset)
    }

    /// What was read, as an import tells it again.
    package var known: KnownLog { KnownLog(mark: mark, offset: offset, isCut: isCut) }

    /// Takes the bytes themselves of which only the hashes were known.
    package mutating func load(beginning: [UInt8], tail: [UInt8]) {
        guard knownMark != nil else { return }
        self.beginning = Array(beginning.prefix(Int(min(offset, Int64(LogMark.length)))))
        self.tail = tail
        knownMark = nil
    }

    package var recentKeys: [EventKey] { recent.map(\.key) }

    /// Goes on with another log of the same place: an equal line at its beginning is another one.
    package func followedByAnother() -> LogGrowth {
        var next = LogGrowth()
        next.recent = recent
        next.lastLine = lastLine
        return next
    }

    /// Takes note of lines of another log of the same place, which is written to at the same time.
    mutating func learn(_ other: LogGrowth) {
        // What was written long before holds no line of the same second.
        if let lastLine, let last = other.lastLine, last < lastLine - Self.window { return }
        guard !other.recent.isEmpty else { return }
        let known = Set(recent.map(\.key))
        recent += other.recent.filter { !known.contains($0.key) }
    }

    /// What the bytes behind `offset` say, and the growth that holds when it is recorded.
    ///
    /// Whole lines are taken, of `isEnd` also the one without an end, if it is understood. Accesses
    /// older than `horizon` are left out: they would not be remembered.
    package func taking(
        _ bytes: [UInt8],
        isEnd: Bool,
        dialect: LogDialect,
        horizon: Timestamp
    ) -> (body: DecodedBody, growth: LogGrowth)? {
        var start = 0
        if isCut {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            start = end + 1
        }
        let end = bytes.lastIndex(of: UInt8(ascii: "\n")).map { max($0 + 1, start) } ?? start
        var count = end
        // Where a log was truncated beneath its writer, zeros stand for what was there.
        let content = bytes[start..<end].drop { $0 == 0 }
        var body = content.withUnsafeBytes { AccessLog.decode($0, dialect) }
        var isCut = false
        if isEnd, end < bytes.count {
            let last = bytes[end...].withUnsafeBytes { AccessLog.decode($0, dialect) }
            if last.rejections.isEmpty {
                body.append(last)
                count = bytes.count
                isCut = true
            }
        }
        guard count > 0 else { return nil }
        var growth = self
        growth.isCut = isCut
        growth.advance(over: bytes[..<count])
        growth.take(&body, horizon: horizon)
        return (body, growth)
    }

    private mutating func advance(over bytes: ArraySlice<UInt8>) {
        if beginning.count < LogMark.length, Int64(beginning.count) == offset {
            beginning += bytes.prefix(LogMark.length - beginning.count)
        }
        tail = Array((tail + bytes.suffix(LogMark.length)).suffix(LogMark.length))
        offset += Int64(bytes.count)
    }

    /// Leaves out bytes that hold no line's end, and says so: a line is far shorter.
    package func dropping(_ bytes: [UInt8]) -> (body: DecodedBody, growth: LogGrowth) {
        var body = DecodedBody()
        body.rejections = [
            DecodedBody.Rejection(
                reason: "line of more than \(bytes.count) bytes is too long",
                excerpt: bytes.prefix(256)
            )
        ]
        var growth = self
        growth.advance(over: bytes[...])
        growth.isCut = true
        return (body, growth)
    }

    /// Gives equal lines of one second that were read in pieces keys of their own.
    private mutating func take(_ body: inout DecodedBody, horizon: Timestamp) {
        accesses += body.accesses.count
        body.accesses.removeAll { $0.time < horizon }
        guard let newest = body.accesses.map(\.time).max() else { return }
        lastLine = max(lastLine ?? newest, newest)
        var keys = Set(recent.map(\.key))
        // Where to go on with lines that are equal to many.
        var latest: [UInt64: EventKey] = [:]
        for index in body.accesses.indices where body.accesses[index].isSecondGranular {
            var key = body.accesses[index].key
            if !keys.insert(key).inserted {
                key = latest[key.high] ?? key
                repeat { key = key.repeated() } while !keys.insert(key).inserted
                latest[key.high] = key
                body.accesses[index].key = key
            }
            recent.append(Recent(stamp: body.accesses[index].time, key: key))
        }
        let edge = max(lastLine ?? newest, newest) - Self.window
        recent = Array(recent.filter { $0.stamp >= edge }.suffix(Self.mostRecent))
    }

    /// Lines of several writers come a little out of order.
    private static let window = Span.seconds(5)
    /// More lines within that time, cut in two by a pause, may count once too little.
    private static let mostRecent = 4_096
}

extension DecodedBody {
    fileprivate mutating func append(_ other: DecodedBody) {
        accesses += other.accesses
        ignored += other.ignored
        rejections += other.rejections
        noteBlobs(of: other)
        for miss in other.misses { note(miss) }
    }
}
