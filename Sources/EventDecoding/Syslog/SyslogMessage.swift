/// A syslog message, of which only the text is of interest: the line of a log.
///
/// Formats: RFC 3164, section 4.1; RFC 5424, section 6. Senders bend both, so what does not look like
/// a header is taken for a part of the text: the log's own decoder says whether it is a line.
package enum SyslogMessage {
    /// The text of a message without its header, a byte order mark, and what ends it.
    package static func text(of message: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var end = message.count
        while end > 0, message[end - 1].isSpace || message[end - 1] == 0 { end -= 1 }
        let whole = message.part(0, end)
        let start = afterPriority(whole)
        let text = afterVersion(whole, start).map { afterStructure(whole, $0) }
        return withoutMarks(whole, from: text ?? afterStamp(whole, start))
    }

    /// Skips `<190>`, and the spaces that some send behind it.
    private static func afterPriority(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard bytes.starts(with: "<") else { return 0 }
        var index = 1
        while index < bytes.count, index < 4, bytes[index].isDigit { index += 1 }
        guard index > 1, index < bytes.count, bytes[index] == UInt8(ascii: ">") else { return 0 }
        return skipSpaces(bytes, index + 1)
    }

    // MARK: RFC 5424

    /// Skips the version, which tells RFC 5424 from the older form; nil in that.
    private static func afterVersion(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int? {
        guard start > 0, bytes.starts(with: "1 ", at: start) else { return nil }
        return start + 2
    }

    /// Skips time, host, application, process, message id and structured data.
    ///
    /// Where one is missing, the text begins at what can't be one of them.
    private static func afterStructure(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var index = start
        for _ in 0..<5 {
            guard let space = bytes.firstIndex(of: space, from: index) else { return index }
            index = space + 1
        }
        guard index < bytes.count else { return index }
        if bytes[index] == UInt8(ascii: "-") { return skipSpaces(bytes, index + 1) }
        guard let end = afterElements(bytes, index) else { return index }
        return skipSpaces(bytes, end)
    }

    /// Skips `[id name="value"][…]`; nil where that is broken.
    ///
    /// The text that follows may begin with a bracket, but after a space.
    private static func afterElements(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int? {
        var index = start
        while index < bytes.count, bytes[index] == UInt8(ascii: "[") {
            var isQuoted = false
            index += 1
            while index < bytes.count, isQuoted || bytes[index] != UInt8(ascii: "]") {
                switch bytes[index] {
                case UInt8(ascii: "\\") where isQuoted: index += 2
                case UInt8(ascii: "\""):
                    isQuoted.toggle()
                    index += 1
                default: index += 1
                }
            }
            guard index < bytes.count else { return nil }
            index += 1
        }
        return index
    }

    // MARK: RFC 3164

    /// Skips the time, `HOST` and `TAG:`, each of which may be missing.
    private static func afterStamp(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        guard let stampEnd = stampEnd(bytes, start) else { return afterTag(bytes, start) ?? start }
        let first = skipSpaces(bytes, stampEnd)
        if let text = afterTag(bytes, first) { return text }
        guard let space = bytes.firstIndex(of: space, from: first) else { return first }
        return afterTag(bytes, skipSpaces(bytes, space)) ?? untagged(bytes, first)
    }

    /// Where a time ends that begins at `start`: `Mmm dd hh:mm:ss`, or one of RFC 3339.
    private static func stampEnd(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int? {
        guard start + 15 <= bytes.count else { return nil }
        if bytes.decimal(at: start, count: 4) != nil, bytes[start + 4] == UInt8(ascii: "-"),
            bytes.decimal(at: start + 5, count: 2) != nil, bytes[start + 10] == UInt8(ascii: "T")
        {
            return bytes.firstIndex(of: space, from: start)
        }
        guard isMonth(bytes.part(start, start + 3)), bytes[start + 3] == space,
            bytes[start + 6] == space, bytes[start + 9] == colon, bytes[start + 12] == colon
        else { return nil }
        // Some add fractions of the second, or a colon.
        return bytes.firstIndex(of: space, from: start + 13) ?? bytes.count
    }

    private static func isMonth(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let months: [StaticString] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        return months.contains { bytes.equals($0) }
    }

    /// Skips `nginx:` or `nginx[42]:`; nil where no such word stands at `start`.
    private static func afterTag(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int? {
        guard start < bytes.count, bytes[start] != UInt8(ascii: "{"),
            let end = bytes.firstIndex(of: space, from: start), end > start + 1,
            bytes[end - 1] == colon
        else { return nil }
        return skipSpaces(bytes, end)
    }

    /// Where a text without a tag before it begins: at the word before the first ` - `, as an access
    /// line does, when no more than a host and a tag are before that.
    private static func untagged(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var word = start
        for _ in 0..<3 {
            guard let space = bytes.firstIndex(of: space, from: word) else { return start }
            if bytes[word] == UInt8(ascii: "{") || bytes.starts(with: " - ", at: space) {
                return word
            }
            word = skipSpaces(bytes, space)
        }
        return start
    }

    // MARK: Parts

    /// The text from `start` without a byte order mark, and without the cookie that some put before
    /// JSON.
    private static func withoutMarks(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int
    ) -> UnsafeRawBufferPointer {
        var start = skipSpaces(bytes, start)
        if bytes.starts(with: "\u{FEFF}", at: start) { start = skipSpaces(bytes, start + 3) }
        if bytes.starts(with: "@cee:", at: start) { start = skipSpaces(bytes, start + 5) }
        return bytes.part(min(start, bytes.count), bytes.count)
    }

    private static func skipSpaces(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var index = start
        while index < bytes.count, bytes[index] == space { index += 1 }
        return index
    }

    private static let space = UInt8(ascii: " ")
    private static let colon = UInt8(ascii: ":")
}
