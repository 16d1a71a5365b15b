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
    var end: Int64 = 0
    /// Then its end shows that it is whole.
    var isCompressed = false
    /// Whether it has a line with a time, and whether something in it was not understood, or names
    /// manifests and was taken for words of a server about itself.
    var hasTime = false
    private var hasUnknown = false
    /// Of what nothing was understood nobody knows of when it is.
    var isUnderstood: Bool { hasTime || !hasUnknown }

    /// What it is noted as before its first bytes are known.
    var expected: NotedLog?

    init(place: String, beginning: [UInt8]?) {
        self.place = place
        self.beginning = beginning
    }

    mutating func note(_ piece: ChunkDecoding.Piece) {
        end = piece.end
        if piece.chunk.first != nil { hasTime = true }
        if !piece.saysAll, piece.chunk.rejected > 0 || piece.isPassedOver { hasUnknown = true }
        guard let beginning else { return }
        if beginning.isEmpty { self.beginning = piece.beginning }
        head = piece.mark.head
        headLength = piece.mark.headLength
    }

    func isThat(of log: NotedLog) -> Bool {
        guard log.headLength > 0, let beginning else { return log.place == place }
        // Lines have times in them: no two logs have as many bytes in common as a mark takes.
        let isLong = log.headLength >= LogMark.length
        guard beginning.count >= log.headLength, isLong || log.place == place else { return false }
        return LogMark.hash(beginning.prefix(log.headLength)) == log.head
    }

    var longHead: [UInt8]? {
        guard let beginning, beginning.count >= LogMark.length else { return nil }
        return LogMark.hash(beginning.prefix(LogMark.length))
    }
}

/// Logs of which the ledger notes something.
struct NotedLogs {
    private var byHead: [[UInt8]: [NotedLog]] = [:]
    private var byPlace: [String: [NotedLog]] = [:]

    init(_ logs: [NotedLog]) { for log in logs { add(log) } }

    mutating func add(_ log: NotedLog) {
        byPlace[log.place, default: []].append(log)
        if log.headLength >= LogMark.length { byHead[log.head, default: []].append(log) }
    }

    func like(_ identity: LogIdentity) -> [NotedLog] {
        let there = at(identity.place).filter(identity.isThat)
        guard !byHead.isEmpty, let head = identity.longHead else { return there }
        return there + byHead[head, default: []].filter { $0.place != identity.place }
    }

    /// The one that is noted just so.
    func same(as log: NotedLog) -> NotedLog? {
        at(log.place).first { log.headLength == $0.headLength && log.head == $0.head }
    }

    func at(_ place: String) -> [NotedLog] { byPlace[place, default: []] }

    /// Those at places that are such.
    func at(_ isMeant: (String) -> Bool) -> [NotedLog] {
        byPlace.filter { isMeant($0.key) }.flatMap(\.value)
    }
}

extension LogDialect {
    /// How records are read, and by which version: with another one they may be understood.
    var name: String {
        let own = keys.own.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return ([OwnUserAgent.version, format?.rawValue ?? ""] + own).joined(separator: " ")
    }
}
