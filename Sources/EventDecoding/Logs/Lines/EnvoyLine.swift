import RegistryModel

/// One line of Envoy's default access log, or of Istio's, which has more fields in the middle:
/// `[time] "METHOD path PROTOCOL" status flags … "forwarded for" "agent" "id" "authority" "upstream" …`.
struct EnvoyLine {
    /// Nil for what is no HTTP.
    let request: LoggedRequest?

    init?(_ line: UnsafeRawBufferPointer, _ times: inout LogTime) {
        guard line.first == UInt8(ascii: "["),
            let bracket = line.firstIndex(of: UInt8(ascii: "]"), from: 1),
            line.starts(with: "] \"", at: bracket), line.decimal(at: 1, count: 4) != nil,
            let (time, isSecondGranular) = times.read(line.part(1, bracket)),
            let requestEnd = line.firstIndex(of: UInt8(ascii: "\""), from: bracket + 3),
            let statusEnd = line.firstIndex(of: UInt8(ascii: " "), from: requestEnd + 2),
            let status = line.part(requestEnd + 2, statusEnd).wholeNumber
        else { return nil }
        guard let parts = LoggedRequest.parts(of: line.part(bracket + 3, requestEnd)) else {
            request = nil
            return
        }
        var request = LoggedRequest(
            time: time,
            isSecondGranular: isSecondGranular,
            method: parts.method,
            target: parts.target,
            status: Int(status)
        )
        let quoted = Self.quoted(in: line, from: statusEnd)
        if quoted.count >= 5 {
            request.address = quoted[quoted.count - 5]
            request.userAgent = quoted[quoted.count - 4]
            request.id = quoted[quoted.count - 3]
        }
        self.request = request
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
