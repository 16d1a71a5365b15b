import Foundation

/// A log in pieces of whole lines, each as large as fits well into the processor's work.
///
/// A log that is one JSON document over several lines comes in one piece. Lines that are too long are
/// dropped, and said.
package final class LineChunks {
    package struct Chunk: Sendable {
        package let buffer: ChunkBuffer
        package let count: Int
        /// The offset in the log behind it.
        package var end: Int64
        /// Whether its last line has no end (yet).
        package var isCut = false
        /// Bytes of a line that was too long, which lay before it.
        package var dropped: Int64 = 0
        /// The last bytes before `end`, as many as there are for a mark.
        package var tail: [UInt8]
        /// The log's first bytes, likewise.
        package var beginning: [UInt8]

        package var bytes: UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count])
        }
    }

    private let stream: any ByteStream
    private let pool: BufferPool
    private let longestLine: Int
    private var offset: Int64
    /// What was read behind the last line's end.
    private var rest: [UInt8] = []
    private var tail: [UInt8]
    private var skipsLine: Bool
    private var isOver = false
    /// Why no more can be read; what came before it is given first.
    private var failure: (any Error)?
    /// How far the log could be read, also within a line.
    package private(set) var received: Int64
    private var isFirst: Bool
    private var beginning: [UInt8]

    /// Reads on at `offset`; `beginning` and `tail` are the first bytes and those before it.
    ///
    /// `isCut` says that a part of the line at `offset` was read before: the rest of it is skipped.
    package init(
        _ stream: any ByteStream,
        pool: BufferPool,
        from offset: Int64 = 0,
        beginning: [UInt8] = [],
        tail: [UInt8] = [],
        isCut: Bool = false,
        longestLine: Int = 32 << 20
    ) {
        self.stream = stream
        self.pool = pool
        self.offset = offset
        received = offset
        self.beginning = beginning
        self.tail = tail
        self.longestLine = longestLine
        skipsLine = isCut
        isFirst = offset == 0
    }

    /// The next piece; nil at the end.
    package func next() throws -> Chunk? {
        if let failure { throw failure }
        guard !isOver else { return nil }
        let buffer = pool.take()
        var filled = rest.count
        while buffer.bytes.count < filled { buffer.grow() }
        buffer.bytes.copyBytes(from: rest)
        rest = []
        var dropped: Int64 = 0
        var isDocument = false
        while true {
            filled = fill(buffer, from: filled)
            if skipsLine { filled = skipLine(buffer, filled) }
            if isFirst, filled > 0 {
                isDocument = Self.isDocument(buffer.bytes[..<filled])
                isFirst = false
            }
            if let failure {
                guard !isDocument, let end = Self.lastLineEnd(buffer.bytes[..<filled]) else {
                    throw failure
                }
                return chunk(buffer, end, dropped)
            }
            if isOver { break }
            if !isDocument, let end = Self.lastLineEnd(buffer.bytes[..<filled]) {
                rest = Array(buffer.bytes[end..<filled])
                return chunk(buffer, end, dropped)
            }
            if filled == buffer.bytes.count {
                if filled >= longestLine {
                    dropped += Int64(filled)
                    pass(buffer.bytes[..<filled])
                    filled = 0
                    skipsLine = true
                    isDocument = false
                } else {
                    buffer.grow()
                }
            }
        }
        return last(buffer, filled, dropped, isDocument)
    }

    /// What is left at the end: whole lines first, then the one without an end.
    private func last(
        _ buffer: ChunkBuffer,
        _ filled: Int,
        _ dropped: Int64,
        _ isDocument: Bool
    ) -> Chunk? {
        guard filled > 0 || dropped > 0 else { return nil }
        let end = Self.lastLineEnd(buffer.bytes[..<filled])
        if !isDocument, let end, end < filled {
            rest = Array(buffer.bytes[end..<filled])
            isOver = false
            return chunk(buffer, end, dropped)
        }
        var chunk = chunk(buffer, filled, dropped)
        chunk.isCut = filled > 0 && end != filled
        return chunk
    }

    private func chunk(_ buffer: ChunkBuffer, _ count: Int, _ dropped: Int64) -> Chunk {
        pass(buffer.bytes[..<count])
        return Chunk(
            buffer: buffer,
            count: count,
            end: offset,
            dropped: dropped,
            tail: tail,
            beginning: beginning
        )
    }

    /// Goes on behind these bytes.
    private func pass(_ bytes: Slice<UnsafeMutableRawBufferPointer>) {
        offset += Int64(bytes.count)
        tail = Array((tail + Array(bytes.suffix(LogMark.length))).suffix(LogMark.length))
    }

    /// Fills the buffer as far as the stream goes, and notes its end, or what is wrong with it.
    private func fill(_ buffer: ChunkBuffer, from start: Int) -> Int {
        var filled = start
        while filled < buffer.bytes.count {
            let free = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[filled...])
            var count = 0
            do {
                count = try stream.read(into: free)
            } catch {
                failure = error
                break
            }
            if count == 0 {
                isOver = true
                break
            }
            received += Int64(count)
            if beginning.count < LogMark.length {
                beginning += free[..<count].prefix(LogMark.length - beginning.count)
            }
            filled += count
        }
        return filled
    }

    /// Cuts the bytes up to the first line's end off; returns how many are left.
    private func skipLine(_ buffer: ChunkBuffer, _ filled: Int) -> Int {
        guard let end = buffer.bytes[..<filled].firstIndex(of: UInt8(ascii: "\n")) else {
            pass(buffer.bytes[..<filled])
            return 0
        }
        skipsLine = false
        let left = filled - end - 1
        pass(buffer.bytes[...end])
        if let start = buffer.bytes.baseAddress { memmove(start, start + end + 1, left) }
        return left
    }

    private static func lastLineEnd(_ bytes: Slice<UnsafeMutableRawBufferPointer>) -> Int? {
        bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }
    }

    /// Whether the first line begins a JSON object or array of such, and does not end it.
    private static func isDocument(_ bytes: Slice<UnsafeMutableRawBufferPointer>) -> Bool {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard let start = bytes.firstIndex(where: { !isSpace($0) }),
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")),
            let last = bytes[start..<end].last(where: { !isSpace($0) })
        else { return false }
        // A time in brackets begins the lines of some proxies.
        let second = bytes[(start + 1)..<end].first { !isSpace($0) }
        switch bytes[start] {
        case UInt8(ascii: "{"):
            guard second == nil || second == UInt8(ascii: "\"") else { return false }
        case UInt8(ascii: "["):
            guard second == nil || second == UInt8(ascii: "{") else { return false }
        default: return false
        }
        return last != UInt8(ascii: "}") && last != UInt8(ascii: "]")
    }
}
