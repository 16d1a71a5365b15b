import RegistryModel

/// One access line in parts, still escaped:
/// `host ident user [time] "request" status bytes "referer" "agent"`.
///
/// distribution's lines (gorilla's `CombinedLoggingHandler`) and nginx's `combined` differ in their
/// escapes only. Bytes, referer and agent may be missing, and anything may follow them.
struct AccessLine {
    let host: UnsafeRawBufferPointer
    let user: UnsafeRawBufferPointer
    let time: Timestamp
    let request: UnsafeRawBufferPointer
    let status: Int
    let userAgent: UnsafeRawBufferPointer?

    init?(_ line: UnsafeRawBufferPointer) {
        guard let hostEnd = line.firstIndex(of: UInt8(ascii: " "), from: 0), hostEnd > 0,
            let (bracket, time) = Self.time(in: line, from: hostEnd),
            let user = Self.user(in: line, from: hostEnd + 1, to: bracket)
        else { return nil }
        // After `[`, the time and `] "`.
        let requestStart = bracket + Timestamp.commonLogLength + 4
        guard let requestEnd = Self.closingQuote(in: line, from: requestStart),
            let status = line.decimal(at: requestEnd + 2, count: 3),
            line[requestEnd + 1] == UInt8(ascii: " "),
            requestEnd + 5 == line.count || line[requestEnd + 5] == UInt8(ascii: " ")
        else { return nil }
        host = line.part(0, hostEnd)
        self.user = user
        self.time = time
        request = line.part(requestStart, requestEnd)
        self.status = status
        userAgent = Self.userAgent(in: line, from: requestEnd + 5)
    }

    /// Finds the first ` [time] "`; a user's name may hold spaces and brackets, but no quote.
    private static func time(
        in line: UnsafeRawBufferPointer,
        from start: Int
    ) -> (bracket: Int, time: Timestamp)? {
        let length = Timestamp.commonLogLength
        var index = start
        while let space = line.firstIndex(of: UInt8(ascii: " "), from: index) {
            let bracket = space + 1
            if line.starts(with: "[", at: bracket),
                line.starts(with: "] \"", at: bracket + length + 1),
                let time = Timestamp(commonLog: line.part(bracket + 1, bracket + length + 1))
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

    /// Skips the bytes and the referer.
    private static func userAgent(
        in line: UnsafeRawBufferPointer,
        from start: Int
    ) -> UnsafeRawBufferPointer? {
        guard let referer = line.firstIndex(of: UInt8(ascii: "\""), from: start),
            let refererEnd = closingQuote(in: line, from: referer + 1),
            line.starts(with: " \"", at: refererEnd + 1),
            let end = closingQuote(in: line, from: refererEnd + 3)
        else { return nil }
        return line.part(refererEnd + 3, end)
    }

    private static func closingQuote(in line: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        while index < line.count {
            switch line[index] {
            case UInt8(ascii: "\""): return index
            case UInt8(ascii: "\\"): index += 2
            default: index += 1
            }
        }
        return nil
    }
}
