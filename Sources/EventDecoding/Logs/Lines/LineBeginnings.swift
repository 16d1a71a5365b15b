/// What Kubernetes' runtimes put before each line of a container: `time stdout F line`.
struct RuntimePrefix {
    let isError: Bool
    /// False for `P`: the line goes on in the next one of the same stream.
    let isLast: Bool
    let content: UnsafeRawBufferPointer

    init?(_ line: UnsafeRawBufferPointer) {
        guard let space = line.firstIndex(of: UInt8(ascii: " "), from: 0), space >= 20,
            line[4] == UInt8(ascii: "-")
        else { return nil }
        isError = line.starts(with: " stderr ", at: space)
        guard isError || line.starts(with: " stdout ", at: space), space + 8 < line.count else {
            return nil
        }
        let mark = line[space + 8]
        guard mark == UInt8(ascii: "F") || mark == UInt8(ascii: "P"),
            space + 9 == line.count || line[space + 9] == UInt8(ascii: " ")
        else { return nil }
        isLast = mark == UInt8(ascii: "F")
        content = line.part(min(space + 10, line.count), line.count)
    }
}

/// What syslog puts before a message, as files and forwarders keep it: RFC 3164, the same with an
/// RFC 3339 time, or RFC 5424, with or without the priority.
struct SyslogHeader {
    let content: UnsafeRawBufferPointer
    let isFromHAProxy: Bool

    init?(_ line: UnsafeRawBufferPointer) {
        guard let start = Self.priorityEnd(line) else { return nil }
        if start > 0, line.starts(with: "1 ", at: start) {
            guard let content = Self.modern(line, from: start + 2) else { return nil }
            self.content = content
            isFromHAProxy = false
            return
        }
        guard let timeEnd = Self.timeEnd(line, from: start) else { return nil }
        let rest = line.part(timeEnd, line.count)
        guard let tagEnd = Self.tagEnd(rest) else { return nil }
        content = rest.part(tagEnd + 2, rest.count).trimmed
        isFromHAProxy = rest.part(0, tagEnd).firstIndex(of: "haproxy") != nil
    }

    /// The offset after `<190>`: 0 where there is none, nil where it is malformed.
    private static func priorityEnd(_ line: UnsafeRawBufferPointer) -> Int? {
        guard line.first == UInt8(ascii: "<") else { return 0 }
        guard let end = line.prefix(5).firstIndex(of: UInt8(ascii: ">")),
            line.part(1, end).wholeNumber != nil
        else { return nil }
        return end + 1
    }

    /// The offset after `Mar  4 05:06:07 ` or an RFC 3339 time and a space.
    private static func timeEnd(_ line: UnsafeRawBufferPointer, from start: Int) -> Int? {
        if start + 16 < line.count, line[start + 3] == UInt8(ascii: " "),
            line[start + 9] == UInt8(ascii: ":"), line[start + 12] == UInt8(ascii: ":"),
            line[start + 15] == UInt8(ascii: " ")
        {
            return start + 16
        }
        guard start + 20 < line.count, line[start + 4] == UInt8(ascii: "-"),
            line[start + 10] == UInt8(ascii: "T"), line.decimal(at: start, count: 4) != nil,
            let space = line.firstIndex(of: UInt8(ascii: " "), from: start + 19)
        else { return nil }
        return space + 1
    }

    /// The offset of the `: ` after the tag; the host before it may be missing.
    private static func tagEnd(_ rest: UnsafeRawBufferPointer) -> Int? {
        let head = rest.part(0, min(rest.count, longestTag))
        guard let end = head.firstIndex(of: ": ") else { return nil }
        let spaces = head.part(0, end).reduce(0) { $0 + ($1 == UInt8(ascii: " ") ? 1 : 0) }
        return spaces <= 1 ? end : nil
    }

    /// The message of RFC 5424: after time, host, name, process, kind and structured data.
    private static func modern(
        _ line: UnsafeRawBufferPointer,
        from start: Int
    ) -> UnsafeRawBufferPointer? {
        var index = start
        for _ in 0..<5 {
            guard let space = line.firstIndex(of: UInt8(ascii: " "), from: index) else {
                return nil
            }
            index = space + 1
        }
        guard let end = structuredEnd(line, from: index) else { return nil }
        let message = line.part(min(end + 1, line.count), line.count)
        return message.withoutMark.trimmed
    }

    private static func structuredEnd(_ line: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        guard index < line.count else { return nil }
        if line[index] == UInt8(ascii: "-") { return index + 1 }
        var isQuoted = false
        while index < line.count {
            switch line[index] {
            case UInt8(ascii: "\\") where isQuoted: index += 1
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "]") where !isQuoted:
                guard line.starts(with: "[", at: index + 1) else { return index + 1 }
            default: break
            }
            index += 1
        }
        return nil
    }

    private static let longestTag = 320
}
