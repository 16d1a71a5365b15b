package import AccessLedger
import CurlTransport
import EventDecoding
import Foundation
import LogReading
package import RegistryModel

/// Reads logs into the ledger's history, as fast as the processors can.
package final class Importer {
    private let request: ImportRequest
    private let ledger: Ledger
    private let now: Timestamp
    private let importing: LedgerImport
    private let clock: ImportedChunk.Clock
    private let pool = BufferPool()
    private let transport = CurlTransport()
    private let began = ContinuousClock.now
    private let onProgress: (ImportProgress) -> Void
    private var progress = ImportProgress()
    private var report = ImportReport()
    /// Bytes of the logs before the one that is read.
    private var bytesBefore: Int64 = 0
    private var lastStore = ContinuousClock.now
    private var pendingBytes: Int64 = 0

    /// Prepares an import; `onProgress` is called on the thread that imports, after each piece.
    package init(
        _ request: ImportRequest,
        ledger: Ledger,
        now: Timestamp,
        onProgress: @escaping (ImportProgress) -> Void = { _ in }
    ) throws {
        self.request = request
        self.ledger = ledger
        self.now = now
        self.onProgress = onProgress
        importing = LedgerImport(ledger, registry: request.registry, now: now)
        clock = try importing.clock(history: request.history)
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
        try importing.finish(vouched: request.vouched)
        report.sums = importing.sums
        report.covered = importing.covered
        report.doubts = importing.doubts
        report.elapsed = ContinuousClock.now - began
        return report
    }

    private func attempt(_ place: String, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as LogReadingError {
            // What came before it is whole.
            try importing.store(nil)
            report.failures.append(error.description)
        }
    }

    // MARK: Files

    /// All files, in the order of their first lines: an older log tells what the tags of a newer one
    /// pointed to.
    private func localFiles() throws -> [String] {
        var found: [(path: String, first: Timestamp)] = []
        for case .path(let path) in request.places {
            do {
                for file in try LogFolder.files(at: path, matching: request.glob) {
                    found.append((file, firstTime(of: file)))
                }
            } catch let error as LogReadingError {
                report.failures.append(error.description)
            }
        }
        return found.enumerated()
            .sorted { ($0.element.first, $0.offset) < ($1.element.first, $1.offset) }
            .map(\.element.path)
    }

    private func firstTime(of path: String) -> Timestamp {
        let latest = Timestamp(milliseconds: .max)
        // Whatever is wrong with it is found out when it is read.
        guard let file = try? LogFile(path), file.isRegular,
            let bytes = try? file.beginning(Self.lookedAt)
        else { return latest }
        let end = bytes.lastIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
        let body = AccessLog.decode(Array(bytes[..<end]), request.dialect)
        return body.accesses.map(\.time).min() ?? latest
    }

    private func totalBytes(_ files: [String]) -> Int64? {
        guard request.places.allSatisfy({ if case .path = $0 { true } else { false } }) else {
            return nil
        }
        return files.reduce(0) { $0 + LogFile.size(of: $1) }
    }

    private func importFile(_ path: String) throws {
        let file = try LogFile(path)
        guard file.isRegular else {
            return try importStream(file.stream(from: 0), place: path)
        }
        let candidates = try positions(like: file)
        let opened = try file.open(
            known: candidates.map(KnownLog.init),
            pool: pool
        )
        let known = opened.known.map { candidates[$0] }
        var position =
            known.flatMap { $0.isImported ? $0 : nil } ?? LogPosition(place: path, isImported: true)
        position.place = URL(fileURLWithPath: path).standardizedFileURL.path
        position.device = file.device
        position.inode = file.inode
        if let known { position.continue(known) }
        let linesBefore = progress.lines
        try read(opened, into: position, after: known)
        bytesBefore += file.size
        progress.bytes = bytesBefore
        if known != nil, progress.lines == linesBefore {
            report.unchanged += 1
        } else {
            report.files += 1
        }
    }

    private func positions(like file: LogFile) throws -> [LogPosition] {
        let beginning = try file.beginning()
        return try ledger.logPositions(
            of: request.registry,
            head: LogMark.hash(beginning),
            length: beginning.count
        ).filter {
            $0.headLength <= beginning.count
                && LogMark.hash(beginning.prefix($0.headLength)) == $0.head
        }
    }

    // MARK: Streams

    private func importStandardInput() throws {
        let stream = FileStream(descriptor: STDIN_FILENO, place: "standard input")
        try importStream(stream, place: "standard input")
    }

    /// Reads what can be read once only: only its records' keys tell what is known of it.
    private func importStream(_ stream: FileStream, place: String) throws {
        let (inflated, isCompressed) = try stream.inflated(place: place)
        let opened = OpenedLog(
            chunks: LineChunks(inflated, pool: pool),
            stream: inflated,
            known: nil,
            isCompressed: isCompressed
        )
        try read(opened, into: nil, after: nil)
        bytesBefore += stream.fetched
        report.files += 1
    }

    // MARK: Blobs

    private func importBlobs(_ place: BlobPlace) throws {
        let container = BlobContainer(place, transport: transport)
        let known = try ledger.logPositions(of: request.registry, below: place.container + "/")
        var blobs: [BlobEntry] = []
        var marker: String?
        repeat {
            let page = try waiting { [marker] in try await container.list(from: marker) }
            // What nobody wrote to since is not remembered any more.
            blobs += page.blobs.filter { blob in
                BlobNames.matches(request.glob, blob.name) && blob.length > 0
                    && blob.modifiedAt.map { $0 >= clock.horizon } ?? true
            }
            marker = page.next
        } while marker != nil
        let addresses = blobs.map { container.address(of: $0.name) }
        let left = zip(blobs, addresses).map { $0.length - (known[$1]?.offset ?? 0) }
        progress.totalBytes = bytesBefore + left.reduce(0) { $0 + max(0, $1) }
        for (blob, address) in zip(blobs, addresses) {
            try attempt(address) { try importBlob(blob, address, container, known[address]) }
        }
    }

    private func importBlob(
        _ blob: BlobEntry,
        _ address: String,
        _ container: BlobContainer,
        _ before: LogPosition?
    ) throws {
        guard before?.version != blob.version || blob.version.isEmpty else {
            report.unchanged += 1
            return
        }
        var known = before
        var tail: [UInt8] = []
        if let position = before {
            let count = min(position.offset, Int64(LogMark.length))
            tail = try waiting {
                try await container.read(
                    blob.name,
                    from: position.offset - count,
                    count: Int(count)
                )
            }.bytes
            // It was written anew: the keys of its records tell what is known.
            if blob.length < position.offset || LogMark.hash(tail) != position.tail {
                known = nil
                tail = []
            }
        }
        var position = known ?? LogPosition(place: address, isImported: true)
        position.isImported = true
        let start = position.offset
        let stream = BlobStream(container, name: blob.name, from: start, to: blob.length)
        let chunks = LineChunks(stream, pool: pool, from: start, tail: tail, isCut: position.isCut)
        position.version = ""
        let end = try read(
            OpenedLog(chunks: chunks, stream: stream, isCompressed: false),
            into: position,
            after: known
        )
        bytesBefore += stream.fetched
        report.files += 1
        guard var end, end.offset == blob.length else { return }
        end.version = blob.version
        try ledger.store(end, of: request.registry, now: now)
    }

    // MARK: Pieces

    /// Reads a log to its end, and returns how far that was.
    @discardableResult
    private func read(
        _ opened: OpenedLog,
        into start: LogPosition?,
        after known: LogPosition?
    ) throws -> LogPosition? {
        var position = start
        importing.begin(after: known)
        let decoding = ChunkDecoding(
            opened.chunks,
            of: opened.stream,
            dialect: request.dialect,
            clock: clock,
            ignoring: request.ignoreList,
            width: max(1, ProcessInfo.processInfo.activeProcessorCount)
        )
        var isDirty = false
        // How far the log is read without the newest piece, which is stored with the next.
        var before = position
        try decoding.run { piece in
            if piece.isCut, !opened.isCompressed, position != nil, piece.chunk.isNotUnderstood {
                report.unfinished.append(position?.place ?? "")
                return
            }
            importing.add(piece.chunk)
            before = position
            position?.advance(piece)
            isDirty = true
            note(piece)
            if isDue { try store(before, holdingLast: true) }
        }
        if isDirty { try store(position) }
        return importing.described(position)
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

    private static let lookedAt = 65_536
    private static let bytesPerCommit: Int64 = 96 << 20
    private static let timePerCommit = Duration.seconds(1)
}

extension KnownLog {
    fileprivate init(_ position: LogPosition) {
        self.init(
            mark: LogMark(
                head: position.head,
                headLength: position.headLength,
                tail: position.tail
            ),
            offset: position.offset,
            isCut: position.isCut
        )
    }
}

extension LogPosition {
    /// Takes over how far the same log was read by somebody else.
    fileprivate mutating func `continue`(_ known: LogPosition) {
        head = known.head
        headLength = known.headLength
        tail = known.tail
        offset = known.offset
        isCut = known.isCut
    }

    fileprivate mutating func advance(_ piece: ChunkDecoding.Piece) {
        head = piece.mark.head
        headLength = piece.mark.headLength
        tail = piece.mark.tail
        offset = piece.end
        isCut = piece.isCut
    }
}
