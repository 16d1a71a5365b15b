import Foundation

/// How far a log was read before.
package struct KnownLog: Sendable {
    package var mark: LogMark
    package var offset: Int64
    package var isCut: Bool

    package init(mark: LogMark, offset: Int64, isCut: Bool) {
        self.mark = mark
        self.offset = offset
        self.isCut = isCut
    }
}

/// A log that is ready to be read from where it was left.
package struct OpenedLog {
    package var chunks: LineChunks
    package var stream: any ByteStream
    /// Which of the known logs it is; nil for one that is new.
    package var known: Int?
    package var isCompressed: Bool
    /// Its first bytes, and those before the point from which it is read; of a known log only.
    var beginning: [UInt8] = []
    var tail: [UInt8] = []

    package init(
        chunks: LineChunks,
        stream: any ByteStream,
        known: Int? = nil,
        isCompressed: Bool
    ) {
        self.chunks = chunks
        self.stream = stream
        self.known = known
        self.isCompressed = isCompressed
    }
}

extension LogFile {
    /// Its first bytes, inflated where it is compressed.
    package func beginning(_ count: Int = LogMark.length) throws -> [UInt8] {
        try stream(from: 0).inflated(place: path).stream.read(upTo: count)
    }

    /// Opens it behind what was read of it before, if it is one of the `known` logs, the longest first.
    package func open(known: [KnownLog], pool: BufferPool) throws -> OpenedLog {
        let isCompressed = try bytes(at: 0, count: 2) == [0x1F, 0x8B]
        for (index, log) in known.enumerated() {
            guard var match = try isCompressed ? inflated(log, pool) : plain(log, pool) else {
                continue
            }
            match.known = index
            return match
        }
        let stream = try stream(from: 0).inflated(place: path).stream
        return OpenedLog(
            chunks: LineChunks(stream, pool: pool),
            stream: stream,
            isCompressed: isCompressed
        )
    }

    private func plain(_ log: KnownLog, _ pool: BufferPool) throws -> OpenedLog? {
        guard try matches(log.mark, offset: log.offset) else { return nil }
        let beginning = try bytes(at: 0, count: LogMark.length)
        let tail = try tail(before: log.offset)
        return opened(log, stream(from: log.offset), beginning, tail, pool, isCompressed: false)
    }

    private func opened(
        _ log: KnownLog,
        _ stream: any ByteStream,
        _ beginning: [UInt8],
        _ tail: [UInt8],
        _ pool: BufferPool,
        isCompressed: Bool
    ) -> OpenedLog {
        let chunks = LineChunks(
            stream,
            pool: pool,
            from: log.offset,
            beginning: beginning,
            tail: tail,
            isCut: log.isCut
        )
        var opened = OpenedLog(chunks: chunks, stream: stream, isCompressed: isCompressed)
        opened.beginning = beginning
        opened.tail = tail
        return opened
    }

    /// Inflates what was read before to see that it is the same.
    private func inflated(_ log: KnownLog, _ pool: BufferPool) throws -> OpenedLog? {
        let stream = try stream(from: 0).inflated(place: path).stream
        let beginning = try stream.read(upTo: LogMark.length)
        guard LogMark.hash(beginning.prefix(log.mark.headLength)) == log.mark.head else {
            return nil
        }
        var tail = beginning[...]
        var offset = Int64(beginning.count)
        var ahead: [UInt8] = []
        if offset > log.offset {
            ahead = Array(beginning.dropFirst(Int(log.offset)))
            tail = beginning.prefix(Int(log.offset))
            offset = log.offset
        }
        while offset < log.offset {
            let part = try stream.read(upTo: Int(min(log.offset - offset, 1 << 20)))
            guard !part.isEmpty else { return nil }
            offset += Int64(part.count)
            tail = (tail.suffix(LogMark.length) + part).suffix(LogMark.length)
        }
        tail = tail.suffix(LogMark.length)
        guard LogMark.hash(tail) == log.mark.tail else { return nil }
        let whole = PeekedStream(ahead, before: stream)
        return opened(log, whole, beginning, Array(tail), pool, isCompressed: true)
    }
}
