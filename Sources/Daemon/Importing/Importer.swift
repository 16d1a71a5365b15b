package import AccessLedger
import CurlTransport
import EventDecoding
import Foundation
package import LogReading
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
    /// Logs that were not read to their ends.
    var unread: NotedLogs
    /// The places of logs that somebody leaves out.
    let leftOut: [String]
    /// The places of logs in which what is not understood says nothing, as somebody says.
    let passedOver: [String]
    let pool = BufferPool()
    let transport = CurlTransport()
    let wait: WriterWait
    private let began = ContinuousClock.now
    private let onProgress: (ImportProgress) -> Void
    var progress = ImportProgress()
    var report = ImportReport()
    /// Bytes of the logs before the one that is read.
    var bytesBefore: Int64 = 0
    private var lastStore = ContinuousClock.now
    private var pendingBytes: Int64 = 0
    /// How far the present log could be read.
    private var received: () -> Int64 = { 0 }

    /// Prepares an import; `onProgress` is called on the thread that imports, after each piece, and
    /// `wait` says how long named pipes are waited for.
    package init(
        _ request: ImportRequest,
        ledger: Ledger,
        now: Timestamp,
        wait: WriterWait = WriterWait(),
        onProgress: @escaping (ImportProgress) -> Void = { _ in }
    ) throws {
        var request = request
        request.dialect.naming = ledger.recordNaming
        request.dialect.notesBlobs = false
        request.dialect.heedsWords = true
        self.request = request
        self.ledger = ledger
        self.now = now
        self.wait = wait
        self.onProgress = onProgress
        importing = LedgerImport(ledger, registry: request.registry, now: now)
        clock = try importing.clock(history: request.history)
        doubtful = NotedLogs(try importing.doubtfulLogs())
        unread = NotedLogs(try importing.unreadLogs())
        leftOut = request.leftOut.flatMap { [$0, Self.standardPath($0)] }
        passedOver = request.passedOver.flatMap { [$0, Self.standardPath($0)] }
    }

    /// Imports everything, on the calling thread and more of its own.
    ///
    /// A log that can't be read is reported, and the others are imported; an error of the ledger ends
    /// it, as does whoever interrupts a wait. Killed at any point, another import goes on from the last
    /// thing that was stored.
    package func run() throws -> ImportReport {
        leaveOut()
        passOver()
        let files = try localFiles()
        progress.totalBytes = totalBytes(files)
        for file in files { try attempt(file) { try importFile(file) } }
        for place in request.places {
            switch place {
            case .path: continue
            case .standardInput: try importStandardInput()
            case .blobs(let place) where isLeftOut(place.description): continue
            case .blobs(let place):
                let identity = LogIdentity(place: place.description, beginning: nil)
                try expect([NotedLog(place: identity.place)])
                try attempt(identity.place) {
                    try importBlobs(place)
                    wasRead(identity)
                }
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
        received = { 0 }
        do {
            try body()
        } catch let error as LogReadingError where error.kind != .interrupted {
            // What came before it is whole.
            try importing.store(nil)
            importing.hold(
                unread.at(Self.standardPath(place)),
                fault: error.kind == .corrupt ? received() : 0
            )
            report.failures.append(error.description)
        }
    }

    // MARK: Pieces

    /// Whether something of a log was not understood when its records were read in another way; then
    /// it is read from its beginning.
    func mustReadAgain(_ identity: LogIdentity) -> Bool {
        doubtful.like(identity).contains {
            !$0.isUnfinished && !isPassedOver($0.place) && $0.dialect != request.dialect.name
        }
    }

    /// Reads a log to its end, which was written at `changedAt`, and returns how far that was.
    @discardableResult
    func read(
        _ opened: OpenedLog,
        _ identity: LogIdentity,
        into start: LogPosition?,
        after known: LogPosition?,
        changedAt: Timestamp? = nil
    ) throws -> LogPosition? {
        var position = start
        var log = identity
        let isPassed = isPassedOver(log.place)
        var isUnfinished = false
        log.hasTime = known?.lastLine != nil
        log.isCompressed = opened.isCompressed
        log.end = known?.offset ?? 0
        received = { opened.chunks.received }
        importing.begin(NotedLog(place: log.place, dialect: request.dialect.name), after: known)
        let decoding = decoding(opened)
        var isDirty = false
        // How far the log is read without the newest piece, which is stored with the next.
        var before = position
        try decoding.run { piece in
            if piece.isCut, !opened.isCompressed, position != nil, piece.chunk.isNotUnderstood {
                report.unfinished.append(position?.place ?? "")
                isUnfinished = true
                return
            }
            var piece = piece
            if isPassed { piece.passOver() }
            // One that was read as something else must be read again when that is mended.
            before = log.isUnderstood ? position : nil
            log.note(piece)
            try nameStream(&log)
            importing.note(head: log.head, length: log.headLength, offset: log.end)
            importing.add(piece.chunk)
            position?.advance(piece)
            isDirty = true
            note(piece)
            if isDue { try store(before, holdingLast: true) }
        }
        if isDirty { try store(log.isUnderstood ? position : nil) }
        try end(log, isWhole: known == nil, isUnfinished: isUnfinished)
        if let position {
            settleEnd(of: log, isUnfinished: isUnfinished && !isPassed, position, changedAt)
        }
        return importing.described(isDirty ? position : start)
    }

    private func decoding(_ opened: OpenedLog) -> ChunkDecoding {
        ChunkDecoding(
            opened.chunks,
            of: opened.stream,
            dialect: request.dialect,
            clock: clock,
            ignoring: request.ignoreList,
            width: max(1, ProcessInfo.processInfo.activeProcessorCount)
        )
    }

    /// Notes that a log was read to its end, from its beginning on where it `isWhole`.
    private func end(_ log: LogIdentity, isWhole: Bool, isUnfinished: Bool) throws {
        let noted = doubtful.like(log)
        importing.mention(noted)
        let hasNothing = log.end == 0 && isWhole && isUnfinished
        guard log.isUnderstood, !hasNothing else {
            throw LogReadingError(
                kind: .other,
                place: log.place,
                reason: "nothing in it was understood; give the --format or --key that it needs"
            )
        }
        if isWhole {
            importing.settle(noted.filter { !$0.isUnfinished && $0.offset <= log.end })
        }
        wasRead(log)
    }

    /// Notes whether the last line of a log, which was read up to `position`, is complete by now.
    private func settleEnd(
        of log: LogIdentity,
        isUnfinished: Bool,
        _ position: LogPosition,
        _ changedAt: Timestamp?
    ) {
        let noted = doubtful.like(log).filter(\.isUnfinished)
        importing.settle(
            noted.filter {
                $0.offset < position.offset || isUnfinished && $0.offset == position.offset
            }
        )
        if isUnfinished { importing.leaveUnfinished(position, until: changedAt ?? now) }
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
