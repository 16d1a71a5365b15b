import AccessLedger
import EventDecoding
import LogReading
import RegistryModel

/// By what a log is known again: its first bytes, as long as there are enough of them, else its
/// place as well.
struct LogIdentity {
    let place: String
    /// Nil where they are not looked at, and the place alone tells; none where they come with the
    /// first piece.
    private var beginning: [UInt8]?
    /// As far as it was read.
    private(set) var head: [UInt8] = []
    private(set) var headLength = 0
    private(set) var end: Int64 = 0

    init(place: String, beginning: [UInt8]?) {
        self.place = place
        self.beginning = beginning
    }

    mutating func note(_ piece: ChunkDecoding.Piece) {
        end = piece.end
        guard let beginning else { return }
        if beginning.isEmpty { self.beginning = piece.beginning }
        head = piece.mark.head
        headLength = piece.mark.headLength
    }

    func isThat(of log: NotedLog) -> Bool {
        guard log.headLength > 0, let beginning else { return log.place == place }
        guard beginning.count >= log.headLength, isLong(log) || log.place == place else {
            return false
        }
        return LogMark.hash(beginning.prefix(log.headLength)) == log.head
    }

    /// Lines have times in them: no two logs have this many bytes in common.
    private func isLong(_ log: NotedLog) -> Bool { log.headLength >= LogMark.length }
}

/// Logs of which the ledger notes something.
struct NotedLogs {
    private var logs: [NotedLog]

    init(_ logs: [NotedLog]) { self.logs = logs }

    func like(_ identity: LogIdentity) -> [NotedLog] { logs.filter(identity.isThat) }
}

extension LogDialect {
    /// How records are read, and by which version: with another one they may be understood.
    var name: String {
        let own = keys.own.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return ([OwnUserAgent.version, format?.rawValue ?? ""] + own).joined(separator: " ")
    }
}
