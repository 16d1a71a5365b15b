import RegistryModel

/// One line of Envoy's default access log, or of Istio's, which has more fields in the middle:
/// `[time] "METHOD path PROTOCOL" status flags … "forwarded for" "agent" "id" "authority" "upstream" …`.
struct EnvoyLine {
    private let line: UnsafeRawBufferPointer
    private let time: LogTime.Reading
    private let requestLine: UnsafeRawBufferPointer
    private let status: Int
    private let statusEnd: Int

    init?(_ line: UnsafeRawBufferPointer, _ times: inout LogTime) {
        guard line.first == UInt8(ascii: "["),
            let bracket = line.firstIndex(of: UInt8(ascii: "]"), from: 1),
            line.starts(with: "] \"", at: bracket), line.decimal(at: 1, count: 4) != nil,
            let time = times.read(line.part(1, bracket)),
            let requestEnd = line.firstIndex(of: UInt8(ascii: "\""), from: bracket + 3),
            let statusEnd = line.firstIndex(of: UInt8(ascii: " "), from: requestEnd + 2),
            let status = line.part(requestEnd + 2, statusEnd).wholeNumber
        else { return nil }
        self.line = line
        self.time = time
        requestLine = line.part(bracket + 3, requestEnd)
        self.status = Int(status)
        self.statusEnd = statusEnd
    }

    /// The request, or nil for what is no HTTP.
    func request() throws(FieldProblem) -> LoggedRequest? {
        guard let (method, target) = try LoggedRequest.parts(of: requestLine, status: status) else {
            return nil
        }
        var request = LoggedRequest(
            time: time.time,
            isSecondGranular: time.isSecondGranular,
            method: method,
            target: target,
            status: status
        )
        let quoted = Self.quoted(in: line, from: statusEnd)
        if quoted.count >= 5 {
            request.address = quoted[quoted.count - 5]
            request.userAgent = quoted[quoted.count - 4]
            request.id = quoted[quoted.count - 3]
        }
        return request
    }

    /// All that stands in quotes; nothing in them is escaped.
    private static func quoted(
        in line: UnsafeRawBufferPointer,
        from start: Int
    ) -> [UnsafeRawBufferPointer] {
        var parts: [UnsafeRawBufferPointer] = []
        var index = start
        while parts.count < mostQuoted,
            let quote = line.firstIndex(of: UInt8(ascii: "\""), from: index),
            let end = line.firstIndex(of: UInt8(ascii: "\""), from: quote + 1)
        {
            parts.append(line.part(quote + 1, end))
            index = end + 1
        }
        return parts
    }

    private static let mostQuoted = 16
}
