import AccessLedger
import EventDecoding
import Foundation
import LogReading
import RegistryModel

// Logs on this machine, and what is piped in.
extension Importer {
    /// All files, in the order of their first lines: an older log tells what the tags of a newer one
    /// pointed to.
    func localFiles() throws -> [String] {
        var found: [(path: String, first: Timestamp)] = []
        var logs: [NotedLog] = []
        for case .path(let path) in request.places where !isLeftOut(Self.standardPath(path)) {
            let folder = LogIdentity(place: Self.standardPath(path), beginning: nil)
            do {
                let files = try LogFolder.files(at: path, matching: request.glob)
                if files.isEmpty { report.failures.append(nothing(in: path)) }
                if files.isEmpty { logs.append(NotedLog(place: folder.place)) }
                if !files.isEmpty, files != [path] { wasRead(folder) }
                for file in files where !isLeftOut(Self.standardPath(file)) {
                    let (first, log) = glimpse(of: file)
                    found.append((file, first))
                    logs.append(log)
                }
            } catch let error as LogReadingError {
                report.failures.append(error.description)
                logs.append(NotedLog(place: folder.place))
            }
        }
        try expect(logs)
        return found.enumerated()
            .sorted { ($0.element.first, $0.offset) < ($1.element.first, $1.offset) }
            .map(\.element.path)
    }

    private func nothing(in folder: String) -> String {
        request.glob.map { "\(folder): no file in it matches \($0); check --glob" }
            ?? "\(folder): there is no file in it; check the path"
    }

    static func standardPath(_ path: String) -> String {
        path.contains("://") ? path : URL(fileURLWithPath: path).standardizedFileURL.path
    }

    /// When a log begins, and by what it is known.
    private func glimpse(of path: String) -> (first: Timestamp, log: NotedLog) {
        var log = NotedLog(place: Self.standardPath(path))
        let latest = Timestamp(milliseconds: .max)
        // Whatever is wrong with it is found out when it is read.
        guard LogFile.isRegular(path), let file = try? LogFile(path),
            // Of one that is damaged later the first bytes may be there.
            let bytes = (try? file.beginning(Self.lookedAt)) ?? (try? file.beginning())
        else { return (latest, log) }
        log.headLength = min(bytes.count, LogMark.length)
        log.head = LogMark.hash(bytes.prefix(log.headLength))
        let end = bytes.lastIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
        let decoded = bytes[..<end].withUnsafeBytes {
            DecodedLog(reading: $0, request.dialect)
        }
        return (decoded.table.rows.map(\.time).min() ?? latest, log)
    }

    func totalBytes(_ files: [String]) -> Int64? {
        guard request.places.allSatisfy({ if case .path = $0 { true } else { false } }) else {
            return nil
        }
        return files.reduce(0) { $0 + LogFile.size(of: $1) }
    }

    func importFile(_ path: String) throws {
        let file = try LogFile(path, wait: wait)
        guard file.isRegular else {
            let log = try expectStream(Self.standardPath(path))
            return try importStream(file.stream(from: 0), as: log)
        }
        _ = try file.stream(from: 0).readable(place: path)
        let beginning = try file.beginning()
        let place = Self.standardPath(path)
        let identity = LogIdentity(place: place, beginning: beginning)
        let candidates = mustReadAgain(identity) ? [] : try positions(beginning: beginning)
        let opened = try file.open(
            known: candidates.map(KnownLog.init),
            pool: pool
        )
        let known = opened.known.map { candidates[$0] }
        var position =
            known.flatMap { $0.isImported ? $0 : nil } ?? LogPosition(place: path, isImported: true)
        position.place = place
        position.device = file.device
        position.inode = file.inode
        if let known { position.continue(known) }
        let linesBefore = progress.lines
        try read(
            opened,
            identity,
            into: position,
            after: known,
            changedAt: Timestamp(seconds: Double(file.changedAt + 1))
        )
        bytesBefore += file.size
        progress.bytes = bytesBefore
        if known != nil, progress.lines == linesBefore {
            report.unchanged += 1
        } else {
            report.files += 1
        }
    }

    private func positions(beginning: [UInt8]) throws -> [LogPosition] {
        try ledger.logPositions(
            of: request.registry,
            head: LogMark.hash(beginning),
            length: beginning.count
        ).filter {
            $0.headLength <= beginning.count
                && LogMark.hash(beginning.prefix($0.headLength)) == $0.head
        }
    }

    func importStandardInput() throws {
        let place = NotedLog.standardInput
        let log = try expectStream(place)
        try attempt(place) {
            try importStream(FileStream(descriptor: STDIN_FILENO, place: place), as: log)
        }
    }

    /// Reads what can be read once only: only its records' keys tell what is known of it.
    private func importStream(_ stream: FileStream, as log: NotedLog) throws {
        let place = log.place
        let (inflated, isCompressed) = try stream.readable(place: place).inflated(place: place)
        let opened = OpenedLog(
            chunks: LineChunks(inflated, pool: pool),
            stream: inflated,
            known: nil,
            isCompressed: isCompressed
        )
        var identity = LogIdentity(place: place, beginning: [])
        identity.expected = log
        try read(opened, identity, into: nil, after: nil)
        importing.release([log])
        bytesBefore += stream.fetched
        report.files += 1
    }

    /// As much of a file as tells when it begins.
    private static let lookedAt = 65_536
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
}
