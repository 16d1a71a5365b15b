import RegistryModel

/// One line of HAProxy's `option httplog`:
/// `client:port [time] frontend backend/server timers status bytes … {captures} "request"`.
///
/// Its time is the proxy's local time without a zone, and is taken for UTC: the probe measures how far
/// that is off, as it does for any wrong clock. Source: HAProxy, `default_http_log_format`.
struct HAProxyLine {
    private let time: Timestamp
    private let address: UnsafeRawBufferPointer
    private let status: Int
    private let requestLine: UnsafeRawBufferPointer
    private let captures: UnsafeRawBufferPointer

    init?(_ line: UnsafeRawBufferPointer) {
        guard let space = line.firstIndex(of: UInt8(ascii: " "), from: 0),
            line.starts(with: "[", at: space + 1), line.starts(with: "]", at: space + 26),
            let time = Self.time(line.part(space + 2, space + 26)),
            let quote = line.firstIndex(of: UInt8(ascii: "\""), from: space + 27),
            let end = line.firstIndex(of: UInt8(ascii: "\""), from: quote + 1)
        else { return nil }
        self.time = time
        address = line.part(0, space)
        requestLine = line.part(quote + 1, end)
        let middle = line.part(space + 27, quote)
        let brace = middle.firstIndex(of: UInt8(ascii: "{"), from: 0) ?? middle.count
        captures = middle.part(brace, middle.count)
        // frontend, backend/server, timers, status
        guard let word = middle.part(0, brace).word(3), let status = LoggedRequest.status(word)
        else { return nil }
        // -1 where there was no answer.
        self.status = status
    }

    /// The request, or nil for `<BADREQ>`.
    func request(_ arena: ByteArena) throws(FieldProblem) -> LoggedRequest? {
        guard let (method, target) = try LoggedRequest.parts(of: requestLine, status: status) else {
            return nil
        }
        var request = LoggedRequest(
            time: time,
            isSecondGranular: false,
            method: method,
            target: target,
            status: status
        )
        request.address = address
        // Which header fields were captured, and in which order, only their looks tell.
        for capture in captures.split(whereSeparator: Self.isSeparator) {
            let text = UnsafeRawBufferPointer(rebasing: capture).trimmed
            if text.starts(with: "sha256:") || text.starts(with: "sha512:") {
                request.digest = text
            } else if request.userAgent.isEmpty,
                text.firstIndex(of: UInt8(ascii: "/"), from: 0) != nil
            {
                request.userAgent = arena.copy(text, Self.decode)
            }
        }
        return request
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "|")
    }

    /// Undoes `#XX`, which HAProxy writes for what would be mistaken.
    private static func decode(
        _ text: UnsafeRawBufferPointer,
        to result: UnsafeMutableRawBufferPointer
    ) -> Int {
        var length = 0
        var index = 0
        while index < text.count {
            if text[index] == UInt8(ascii: "#"), let value = text.hex(at: index + 1, count: 2) {
                result[length] = UInt8(value)
                index += 3
            } else {
                result[length] = text[index]
                index += 1
            }
            length += 1
        }
        return length
    }

    /// `04/Mar/2026:05:06:07.123`.
    private static func time(_ text: UnsafeRawBufferPointer) -> Timestamp? {
        guard text.count == 24, text[20] == UInt8(ascii: "."),
            let milliseconds = text.decimal(at: 21, count: 3)
        else { return nil }
        let whole = Array(text.prefix(20)) + Array(" +0000".utf8)
        guard let time = whole.withUnsafeBytes(Timestamp.init(commonLog:)) else { return nil }
        return Timestamp(milliseconds: time.milliseconds + Int64(milliseconds))
    }
}

extension UnsafeRawBufferPointer {
    /// The word of that number, counted from 0, between single spaces or more of them.
    fileprivate func word(_ number: Int) -> UnsafeRawBufferPointer? {
        let words = split(separator: UInt8(ascii: " "), maxSplits: number + 1)
        guard number < words.count else { return nil }
        return UnsafeRawBufferPointer(rebasing: words[number])
    }
}
