import RegistryModel

/// Which requests access lines tell of, to know them again in a registry's own log.
struct ToldRequests {
    private struct Request: Hashable {
        var repository: Int32
        var reference: Int32
        var isTag: Bool
        var `class`: AccessClass
        var minute: Int64
    }

    private var requests: Set<Request> = []

    init(_ rows: [AccessTable.Row]) {
        for row in rows { requests.insert(Self.request(row, later: 0)) }
    }

    /// Whether an access line tells of it, or of one like it in the same minute or one beside it: one
    /// log has the time when a request came, the other when it was answered.
    func contains(_ row: AccessTable.Row) -> Bool {
        (-1...1).contains { requests.contains(Self.request(row, later: $0)) }
    }

    private static func request(_ row: AccessTable.Row, later minutes: Int64) -> Request {
        Request(
            repository: row.repository,
            reference: row.tag >= 0 ? row.tag : row.digest,
            isTag: row.tag >= 0,
            class: row.class,
            minute: row.time.milliseconds / 60_000 + minutes
        )
    }
}
