import AccessLedger
import EventDecoding
import Foundation
import LogReading
import RegistryModel

/// Decodes the pieces of a log on every processor, and hands them on in their order.
///
/// Threads of its own, for it reads files; a few pieces are under way at once, so that memory does
/// not grow with the log.
final class ChunkDecoding: @unchecked Sendable {
    // Unchecked: `source` is used under `sourceLock`, everything else under `state`.

    /// A piece of a log and what it says.
    struct Piece {
        var chunk: ImportedChunk
        var end: Int64
        /// What the log is known by when it was read up to `end`.
        var mark: LogMark
        /// The log's first bytes.
        var beginning: [UInt8]
        var isCut: Bool
        /// Whether it names manifests in lines of which none was taken for a request.
        var isPassedOver = false
        /// Its bytes.
        var length: Int64
        /// Bytes that were fetched so far, compressed as they are.
        var fetched: Int64

        /// Lets what was not understood in it say nothing.
        mutating func passOver() {
            chunk.doubts = ImportedDoubts()
            isPassedOver = false
            saysAll = true
        }
        /// Whether somebody says that what was not understood in it says nothing.
        private(set) var saysAll = false
    }

    private let source: LineChunks
    private let stream: any ByteStream
    private let sourceLock = NSLock()
    private let dialect: LogDialect
    private let clock: ImportedChunk.Clock
    private let ignoreList: AccessIgnoreList
    private let width: Int

    private let state = NSCondition()
    private var begun = 0
    private var taken = 0
    private var pieces: [Int: Piece] = [:]
    private var count: Int?
    private var failure: (any Error)?
    private var isStopped = false

    init(
        _ source: LineChunks,
        of stream: any ByteStream,
        dialect: LogDialect,
        clock: ImportedChunk.Clock,
        ignoring ignoreList: AccessIgnoreList,
        width: Int
    ) {
        self.source = source
        self.stream = stream
        self.dialect = dialect
        self.clock = clock
        self.ignoreList = ignoreList
        self.width = width
    }

    /// Gives every piece to `take`, on the calling thread; what could be read before an error is given.
    func run(_ take: (Piece) throws -> Void) throws {
        let threads = (0..<width).map { number in
            let thread = Thread { self.work() }
            thread.name = "decoder \(number)"
            return thread
        }
        for thread in threads { thread.start() }
        defer { stop() }
        while let piece = try nextPiece() { try take(piece) }
    }

    private func nextPiece() throws -> Piece? {
        state.lock()
        defer { state.unlock() }
        while true {
            if let piece = pieces.removeValue(forKey: taken) {
                taken += 1
                state.broadcast()
                return piece
            }
            if let count, taken >= count {
                if let failure { throw failure }
                return nil
            }
            state.wait()
        }
    }

    private func stop() {
        state.lock()
        isStopped = true
        state.broadcast()
        state.unlock()
    }

    private func work() {
        var pieces = LogPieces(dialect)
        while waitForTurn(), let (number, chunk, fetched) = read() {
            let (decoded, hasRequests) = decode(chunk, &pieces)
            let piece = Piece(
                chunk: decoded,
                end: chunk.end,
                mark: LogMark(beginning: chunk.beginning, tail: chunk.tail, offset: chunk.end),
                beginning: chunk.beginning,
                isCut: chunk.isCut,
                isPassedOver: !hasRequests && chunk.bytes.namesManifests,
                length: Int64(chunk.count),
                fetched: fetched
            )
            state.lock()
            self.pieces[number] = piece
            state.broadcast()
            state.unlock()
        }
    }

    /// Waits until few enough pieces are under way; false when no more are wanted.
    private func waitForTurn() -> Bool {
        state.lock()
        defer { state.unlock() }
        while begun - taken >= width + Self.ahead, !isStopped, count == nil { state.wait() }
        return !isStopped && count == nil
    }

    private func read() -> (number: Int, chunk: LineChunks.Chunk, fetched: Int64)? {
        sourceLock.lock()
        defer { sourceLock.unlock() }
        guard count == nil else { return nil }
        do {
            if let chunk = try source.next() {
                state.lock()
                defer { state.unlock() }
                begun += 1
                return (begun - 1, chunk, stream.fetched)
            }
            end(nil)
        } catch {
            end(error)
        }
        return nil
    }

    private func end(_ error: (any Error)?) {
        state.lock()
        count = begun
        failure = error
        state.broadcast()
        state.unlock()
    }

    /// What a piece says, and whether anything in it was taken for a request.
    private func decode(
        _ chunk: LineChunks.Chunk,
        _ pieces: inout LogPieces
    ) -> (ImportedChunk, hasRequests: Bool) {
        let log = pieces.read(chunk.bytes.withoutByteOrderMark)
        var decoded = ImportedChunk(
            log.table,
            log.rest,
            from: pieces.origin,
            clock: clock,
            ignoring: ignoreList
        )
        if decoded.rejected > 0 {
            var search = DoubtSearch(dialect: dialect, clock: clock)
            search.heedsSilence = log.isSilent
            decoded.doubts = search.doubts(in: chunk.bytes)
            // What no part of it shows may be anywhere in it.
            if decoded.doubts.isEmpty { decoded.doubts.isEverywhere = true }
        }
        if chunk.dropped > 0 {
            decoded.reject(
                DecodedBody.Rejection(
                    reason:
                        "a line of more than \(chunk.dropped) bytes is too long; it was dropped",
                    excerpt: []
                )
            )
            decoded.doubts.startsInDoubt = true
        }
        return (decoded, log.hasRequests)
    }

    /// Pieces that are decoded while others are stored: a commit takes as long as many of them, and
    /// what they are decoded to is small.
    private static let ahead = 40
}

extension UnsafeRawBufferPointer {
    fileprivate var namesManifests: Bool { firstRange(of: "/manifests/".utf8) != nil }

    /// The bytes behind what some editors put before a text.
    fileprivate var withoutByteOrderMark: UnsafeRawBufferPointer {
        starts(with: [0xEF, 0xBB, 0xBF]) ? UnsafeRawBufferPointer(rebasing: self[3...]) : self
    }
}

/// Finds out when it was that something was not understood, by the records around it.
struct DoubtSearch {
    let dialect: LogDialect
    let clock: ImportedChunk.Clock
    /// Whether what names manifests and has no request is in doubt.
    var heedsSilence = false

    func doubts(in bytes: UnsafeRawBufferPointer) -> ImportedDoubts {
        var doubts = ImportedDoubts()
        var last: Timestamp?
        var isOpen = false
        var start = 0
        while start < bytes.count {
            let end = Self.lineEnd(in: bytes, from: min(start + Self.length, bytes.count))
            let part = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            let log = DecodedLog(reading: part, dialect)
            let isDoubtful =
                log.rest.rejected > 0
                || heedsSilence && !log.hasRequests && part.namesManifests
            let times = log.table.rows.map { clock.time(of: $0.time) }
            if let first = times.first {
                // Nobody knows where in this part it was, or whether before or behind it.
                if isOpen || isDoubtful { doubts.add(from: last, to: first) }
                if isDoubtful {
                    for (time, next) in zip(times, times.dropFirst()) {
                        doubts.add(from: time, to: next)
                    }
                }
                isOpen = isDoubtful
                last = times.last
            } else if isDoubtful {
                isOpen = true
            }
            start = end
        }
        if isOpen {
            doubts.endsInDoubt = true
            if last == nil { doubts.startsInDoubt = true }
        }
        return doubts
    }

    private static func lineEnd(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard start < bytes.count else { return bytes.count }
        return bytes[start...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
    }

    /// Some lines.
    private static let length = 4_096
}
