/// Takes credentials out of bytes that are to be kept.
enum Redaction {
    /// Returns `bytes` with the value of every key that names a secret replaced; `user` is one in
    /// the events of GitLab's registry.
    ///
    /// Works on anything, as what is rejected need not be JSON.
    static func redacted(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        let source = Array(bytes)
        var result: [UInt8] = []
        result.reserveCapacity(source.count)
        var index = 0
        while index < source.count {
            guard let end = keyEnd(in: source, from: index),
                let value = valueStart(in: source, from: end)
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

    /// The offset after the closing quote of a key that names a secret; nil for anything else.
    private static func keyEnd(in source: [UInt8], from start: Int) -> Int? {
        guard source[start] == UInt8(ascii: "\"") else { return nil }
        let rest = source[(start + 1)...]
        return keys.first { key in
            rest.count >= key.count
                && zip(rest, key).allSatisfy { $0 == $1 || $0 | 0x20 == $1 && $1 > 0x60 }
        }.map { start + 1 + $0.count }
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

    /// In lower case, with the closing quote.
    private static let keys = ["user", "authorization", "token", "password", "secret"].map {
        Array("\($0)\"".utf8)
    }
    private static let replacement = Array("<redacted>".utf8)
}
