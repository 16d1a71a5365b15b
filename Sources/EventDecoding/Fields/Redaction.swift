/// Takes credentials out of bytes that are to be kept.
enum Redaction {
    /// Returns `bytes` with the value of every key `user` replaced: in the events of GitLab's
    /// registry that is a token.
    ///
    /// Works on anything, as what is rejected need not be JSON.
    static func redacted(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        let source = Array(bytes)
        var result: [UInt8] = []
        result.reserveCapacity(source.count)
        var index = 0
        while index < source.count {
            guard source[index...].starts(with: key),
                let value = valueStart(in: source, from: index + key.count)
            else {
                result.append(source[index])
                index += 1
                continue
            }
            result.append(contentsOf: source[index..<value])
            result.append(contentsOf: replacement)
            index = valueEnd(in: source, from: value)
        }
        return result
    }

    /// The offset after the opening quote of the value, or nil when it is not a string.
    private static func valueStart(in source: [UInt8], from start: Int) -> Int? {
        let afterKey = source[start...].drop { $0.isSpace }
        guard afterKey.first == UInt8(ascii: ":") else { return nil }
        let value = afterKey.dropFirst().drop { $0.isSpace }
        return value.first == UInt8(ascii: "\"") ? value.startIndex + 1 : nil
    }

    /// The offset of the closing quote, or the end.
    private static func valueEnd(in source: [UInt8], from start: Int) -> Int {
        var index = start
        while index < source.count, source[index] != UInt8(ascii: "\"") {
            index += source[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index, source.count)
    }

    private static let key = Array("\"user\"".utf8)
    private static let replacement = Array("<redacted>".utf8)
}
