/// What a value in a JSON record is, whatever its writer calls it.
enum LogField: Int, CaseIterable {
    // A request.
    case time, method, target, request, status, address, user, userAgent, digest, requestId
    // Azure's records.
    case category, operation, repository, tag, mediaType, size, duration
    // What tells other kinds.
    case text, message, level, eventSource, detail

    /// As problems name it.
    var name: StaticString {
        switch self {
        case .time: "time"
        case .method: "method"
        case .target: "path"
        case .request: "request"
        case .status: "status"
        case .address: "address"
        case .user: "user"
        case .userAgent: "userAgent"
        case .digest: "properties.digest"
        case .requestId: "request id"
        case .category: "category"
        case .operation: "operationName"
        case .repository: "properties.repository"
        case .tag: "properties.tag"
        case .mediaType: "properties.mediaType"
        case .size: "properties.size"
        case .duration: "durationMs"
        case .text: "text"
        case .message: "msg"
        case .level: "level"
        case .eventSource: "eventSource"
        case .detail: "detail"
        }
    }
}

/// Where in a JSON record a key stands.
enum LogContext: UInt8 {
    /// The record itself, or the `event` or `value` that another one carries.
    case root
    /// `request` in Caddy's records.
    case request
    /// The header fields of a request, by name: `request.headers`, and `headers` in zot's.
    case requestHeaders
    /// `resp_headers` in Caddy's records.
    case responseHeaders
    /// `properties` in Azure's records.
    case properties

    var hasLists: Bool { self == .requestHeaders || self == .responseHeaders }
}

/// The values of one record, by what they are; of several the one of the highest rank.
struct LogFields {
    private var texts: ContiguousArray<JSONText>
    /// -1 for none.
    private var ranks: ContiguousArray<Int8>
    /// The first field whose value is a container or a boolean.
    var misfit: LogField?

    init() {
        let none = JSONText(bytes: UnsafeRawBufferPointer(start: nil, count: 0), isEscaped: false)
        texts = ContiguousArray(repeating: none, count: LogField.allCases.count)
        ranks = ContiguousArray(repeating: -1, count: LogField.allCases.count)
    }

    mutating func removeAll() {
        for index in ranks.indices { ranks[index] = -1 }
        misfit = nil
    }

    /// Takes a value, unless there is a better one; one that says nothing only shows that the field is
    /// there.
    @inline(__always)
    mutating func set(_ field: LogField, _ text: JSONText, rank: Int8) {
        let rank = text.bytes.isAbsent ? 0 : rank
        guard rank > ranks[field.rawValue] else { return }
        ranks[field.rawValue] = rank
        texts[field.rawValue] = text
    }

    /// Whether there is such a field, even if it says nothing.
    func has(_ field: LogField) -> Bool { ranks[field.rawValue] >= 0 }

    func rank(_ field: LogField) -> Int8 { ranks[field.rawValue] }

    /// The text of a field; nil where there is none or it says nothing.
    @inline(__always)
    subscript(_ field: LogField) -> JSONText? {
        ranks[field.rawValue] > 0 ? texts[field.rawValue] : nil
    }
}
