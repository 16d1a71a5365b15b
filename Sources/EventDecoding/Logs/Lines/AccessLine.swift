import RegistryModel

/// One access line in parts, still escaped:
/// `host ident user [time] "request" status bytes "referer" "agent"`.
///
/// distribution's lines (gorilla's `CombinedLoggingHandler`) and nginx's `combined` differ in their
/// escapes only; Traefik's `common` and HAProxy's `httplog clf` add to it. Bytes, referer and agent
/// may be missing, and anything may follow them.
struct AccessLine {
    let host: UnsafeRawBufferPointer
    let user: UnsafeRawBufferPointer
    let time: Timestamp
    let requestLine: UnsafeRawBufferPointer
    let status: Int
    private let line: UnsafeRawBufferPointer
    private let statusEnd: Int

    init?(_ line: UnsafeRawBufferPointer, _ times: inout LogTime) {
        guard let hostEnd = line.firstIndex(of: UInt8(ascii: " "), from: 0), hostEnd > 0,
            let (bracket, time) = Self.time(in: line, from: hostEnd, &times),
            let user = Self.user(in: line, from: hostEnd + 1, to: bracket)
        else { return nil }
        // After `[`, the time and `] "`.
        let requestStart = bracket + Timestamp.commonLogLength + 4
        guard let requestEnd = line.closingQuote(from: requestStart),
            let (status, statusEnd) = Self.status(in: line, at: requestEnd + 2),
            line[requestEnd + 1] == UInt8(ascii: " ")
        else { return nil }
        host = line.part(0, hostEnd)
        self.user = user
        self.time = time
        requestLine = line.part(requestStart, requestEnd)
        self.status = status
        self.line = line
        self.statusEnd = statusEnd
    }

    /// A status, or the last one of nginx's `$upstream_status`.
    @inline(__always)
    private static func status(
        in line: UnsafeRawBufferPointer,
        at start: Int
    ) -> (status: Int, end: Int)? {
        var end = start + 3
        guard var status = line.decimal(at: start, count: 3) else { return nil }
        if end == line.count { return (status, end) }
        while true {
            let gap =
                line.starts(with: ", ", at: end) ? 2 : line.starts(with: " : ", at: end) ? 3 : 0
            guard gap > 0, let next = line.decimal(at: end + gap, count: 3) else { break }
            status = next
            end += gap + 3
        }
        guard end == line.count || line[end] == UInt8(ascii: " ") else { return nil }
        return (status, end)
    }

    /// The request, or nil for bytes that are no HTTP.
    func request(_ arena: ByteArena) throws(FieldProblem) -> LoggedRequest? {
        guard let (method, target) = try LoggedRequest.parts(of: requestLine, status: status) else {
            return nil
        }
        var request = LoggedRequest(
            time: time,
            isSecondGranular: true,
            method: method,
            target: target,
            status: status
        )
        // Failures, and what others wrote, need no more.
        guard request.isHeeded else { return request }
        request.address = host
        request.user = arena.plain(line: user)
        if let userAgent { request.userAgent = arena.plain(line: userAgent) }
        return request
    }

    /// Finds the first ` [time] "`; a user's name may hold spaces and brackets, but no quote.
    @inline(__always)
    private static func time(
        in line: UnsafeRawBufferPointer,
        from start: Int,
        _ times: inout LogTime
    ) -> (bracket: Int, time: Timestamp)? {
        let length = Timestamp.commonLogLength
        var index = start
        while let space = line.firstIndex(of: UInt8(ascii: " "), from: index) {
            let bracket = space + 1
            if line.starts(with: "[", at: bracket),
                line.starts(with: "] \"", at: bracket + length + 1),
                let time = times.commonLog(line.part(bracket + 1, bracket + length + 1))
            {
                return (bracket, time)
            }
            index = bracket
        }
        return nil
    }

    /// Skips the identity, which nobody sends, and returns the rest up to ` [`.
    private static func user(
        in line: UnsafeRawBufferPointer,
        from start: Int,
        to bracket: Int
    ) -> UnsafeRawBufferPointer? {
        guard start < bracket, let space = line.firstIndex(of: UInt8(ascii: " "), from: start),
            space + 1 < bracket
        else { return nil }
        return line.part(space + 1, bracket - 1)
    }

    /// What follows the bytes and the referer.
    private var userAgent: UnsafeRawBufferPointer? {
        guard let referer = line.firstIndex(of: UInt8(ascii: "\""), from: statusEnd),
            let refererEnd = line.closingQuote(from: referer + 1),
            line.starts(with: " \"", at: refererEnd + 1),
            let end = line.closingQuote(from: refererEnd + 3)
        else { return nil }
        return line.part(refererEnd + 3, end)
    }
}

extension UnsafeRawBufferPointer {
    /// The offset of the first quote from `start` on that no backslash stands before.
    func closingQuote(from start: Int) -> Int? {
        var index = start
        while let quote = firstIndex(of: UInt8(ascii: "\""), from: index) {
            // An even number of backslashes are escapes of each other.
            var slashes = 0
            while quote - slashes > start, self[quote - slashes - 1] == UInt8(ascii: "\\") {
                slashes += 1
            }
            guard slashes % 2 == 1 else { return quote }
            index = quote + 1
        }
        return nil
    }
}
