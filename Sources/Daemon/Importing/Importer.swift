package import AccessLedger
import CurlTransport
import EventDecoding
import Foundation
import LogReading
package import RegistryModel

/// Reads logs into the ledger's history, as fast as the processors can.
package final class Importer {
    let request: ImportRequest
    let ledger: Ledger
    let now: Timestamp
    let importing: LedgerImport
    let clock: ImportedChunk.Clock
    /// Logs of which something was not understood.
    let doubtful: NotedLogs
    let pool = BufferPool()
    let transport = CurlTransport()
    private let began = ContinuousClock.now
    private let onProgress: (ImportProgress) -> Void
    var progress = ImportProgress()
    var report = ImportReport()
    /// Bytes of the logs before the one that is read.
    var bytesBefore: Int64 = 0
    private var lastStore = ContinuousClock.now
    private var pendingBytes: Int64 = 0

    /// Prepares an import; `onProgress` is called on the thread that imports, after each piece.
    package init(
        _ request: ImportRequest,
        ledger: Ledger,
        now: Timestamp,
        onProgress: @escaping (ImportProgress) -> Void = { _ in }
    ) throws {
        var request = request
        request.dialect.naming = ledger.recordNaming
        request.dialect.notesBlobs = false
        self.request = request
        self.ledger = ledger
        self.now = now
        self.onProgress = onProgress
        importing = LedgerImport(ledger, registry: request.registry, now: now)
        clock = try importing.clock(history: request.history)
        doubtful = NotedLogs(try importing.doubtfulLogs())
    }

    /// Imports everything, on the calling thread and more of its own.
    ///
    /// A log that can't be read is reported, and the others are imported; an error of the ledger ends
    /// it. Killed at any point, another import goes on from the last thing that was stored.
    package func run() throws -> ImportReport {
        let files = try localFiles()
        progress.totalBytes = totalBytes(files)
        for file in files { try attempt(file) { try importFile(file) } }
        for place in request.places {
            switch place {
            case .path: continue
            case .standardInput: try attempt("standard input") { try importStandardInput() }
            case .blobs(let place): try attempt(place.description) { try importBlobs(place) }
            }
        }
        try importing.finish(vouched: request.vouched, isWhole: report.failures.isEmpty)
        report.sums = importing.sums
        report.covered = importing.covered
        report.doubts = importing.doubts
        report.refusal = importing.refusal
        report.elapsed = ContinuousClock.now - began
        return report
    }

    func attempt(_ place: String, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as LogReadingError {
            // What came before it is whole.
            try importing.store(nil)
            report.failures.append(error.description)
        }
    }

    // MARK: Pieces

    /// Whether something of a log was not understood when its records were read in another way; then
    /// it is read from its beginning.
    func mustReadAgain(_ identity: LogIdentity) -> Bool {
        doubtful.like(identity).contains { $0.dialect != request.dialect.name }
    }

    /// Reads a log to its end, and returns how far that was.
    @discardableResult
    func read(
        _ opened: OpenedLog,
        _ identity: LogIdentity,
        into start: LogPosition?,
        after known: LogPosition?
    ) throws -> LogPosition? {
        var position = start
        var identity = identity
        importing.begin(
            NotedLog(place: identity.place, dialect: request.dialect.name),
            after: known
        )
        let decoding = ChunkDecoding(
            opened.chunks,
            of: opened.stream,
            dialect: request.dialect,
            clock: clock,
            ignoring: request.ignoreList,
            width: max(1, ProcessInfo.processInfo.activeProcessorCount)
        )
        var isDirty = false
        // One that was read as something else must be read again when that is mended.
        var isUnderstood = known != nil
        // How far the log is read without the newest piece, which is stored with the next.
        var before = position
        try decoding.run { piece in
            if piece.isCut, !opened.isCompressed, position != nil, piece.chunk.isNotUnderstood {
                report.unfinished.append(position?.place ?? "")
                return
            }
            identity.note(piece)
            importing.note(head: identity.head, length: identity.headLength, offset: piece.end)
            importing.add(piece.chunk)
            before = isUnderstood ? position : nil
            if !piece.chunk.isNotUnderstood { isUnderstood = true }
            position?.advance(piece)
            isDirty = true
            note(piece)
            if isDue { try store(before, holdingLast: true) }
        }
        if isDirty { try store(isUnderstood ? position : nil) }
        let noted = doubtful.like(identity)
        importing.mention(noted)
        if known == nil, isUnderstood {
            importing.settle(noted.filter { $0.offset <= identity.end })
        }
        return importing.described(isUnderstood ? position : start)
    }

    private func note(_ piece: ChunkDecoding.Piece) {
        report.bytes += piece.length
        pendingBytes += piece.length
        progress.lines += piece.chunk.lines
        progress.bytes = bytesBefore + piece.fetched
        progress.elapsed = ContinuousClock.now - began
        onProgress(progress)
    }

    /// Whether to commit: seldom, for the hours of a registry are written again with each commit, but
    /// often enough that others can write in between and that a kill costs little.
    private var isDue: Bool {
        pendingBytes >= Self.bytesPerCommit
            || ContinuousClock.now - lastStore > Self.timePerCommit
    }

    private func store(_ position: LogPosition?, holdingLast: Bool = false) throws {
        try importing.store(position, holdingLast: holdingLast)
        pendingBytes = 0
        lastStore = .now
    }

    private static let bytesPerCommit: Int64 = 96 << 20
    private static let timePerCommit = Duration.seconds(1)
}

extension LogPosition {
    fileprivate mutating func advance(_ piece: ChunkDecoding.Piece) {
        head = piece.mark.head
        headLength = piece.mark.headLength
        tail = piece.mark.tail
        offset = piece.end
        isCut = piece.isCut
    }
}
