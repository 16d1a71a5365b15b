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
    /// The record itself, or the `event`, `line` or `value` that another one carries.
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
///
/// A copy must not be used beside the original, for both write to the same memory.
struct LogFields {
    private let memory = Memory()
    /// The first field whose value is a container or a boolean.
    var misfit: LogField?

    /// What is asked for with every value: no array, so that nothing is counted or checked.
    private final class Memory {
        let texts: UnsafeMutablePointer<JSONText>
        /// -1 for none.
        let ranks: UnsafeMutablePointer<Int8>
        let count = LogField.allCases.count

        init() {
            let none = JSONText(
                bytes: UnsafeRawBufferPointer(start: nil, count: 0),
                isEscaped: false
            )
            texts = .allocate(capacity: count)
            texts.initialize(repeating: none, count: count)
            ranks = .allocate(capacity: count)
            ranks.initialize(repeating: -1, count: count)
        }

        deinit {
            texts.deallocate()
            ranks.deallocate()
        }
    }

    mutating func removeAll() {
        memory.ranks.update(repeating: -1, count: memory.count)
        misfit = nil
    }

    /// Takes a value, unless there is a better one; one that says nothing only shows that the field is
    /// there.
    @inline(__always)
    mutating func set(_ field: LogField, _ text: JSONText, rank: Int8) {
        let rank = text.bytes.isAbsent ? 0 : rank
        guard rank > memory.ranks[field.rawValue] else { return }
        memory.ranks[field.rawValue] = rank
        memory.texts[field.rawValue] = text
    }

    /// Whether there is such a field, even if it says nothing.
    func has(_ field: LogField) -> Bool { memory.ranks[field.rawValue] >= 0 }

    func rank(_ field: LogField) -> Int8 { memory.ranks[field.rawValue] }

    /// The text of a field; nil where there is none or it says nothing.
    @inline(__always)
    subscript(_ field: LogField) -> JSONText? {
        memory.ranks[field.rawValue] > 0 ? memory.texts[field.rawValue] : nil
    }
}
