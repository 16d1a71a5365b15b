/// The name of a run: a ULID, 26 characters that sort by time (github.com/ulid/spec).
package struct RunName: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let description: String

    /// Names a run that begins at `time`, with 80 bits from `random`.
    package init(time: Timestamp, random: (UInt64, UInt16)) {
        var text = [UInt8](repeating: 0, count: 26)
        var moment = UInt64(clamping: time.milliseconds)
        for index in stride(from: 9, through: 0, by: -1) {
            text[index] = Self.alphabet[Int(moment & 31)]
            moment >>= 5
        }
        var low = random.0
        var high = UInt64(random.1)
        for index in stride(from: 25, through: 10, by: -1) {
            text[index] = Self.alphabet[Int(low & 31)]
            low = (low >> 5) | (high << 59)
            high >>= 5
        }
        description = String(decoding: text, as: UTF8.self)
    }

    /// A new name, like no other, of a run that begins at `time`.
    package init(at time: Timestamp) {
        self.init(
            time: time,
            random: (UInt64.random(in: 0 ... .max), UInt16.random(in: 0 ... .max))
        )
    }

    /// Parses a name, or returns nil when `text` is not 26 characters of the alphabet.
    package init?(_ text: some StringProtocol) {
        // Counted before, for some letters grow into two when they become upper case.
        guard text.utf8.count == 26, text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let upper = text.uppercased()
        guard upper.utf8.allSatisfy(Self.alphabet.contains) else { return nil }
        description = upper
    }

    package static func < (left: RunName, right: RunName) -> Bool {
        left.description < right.description
    }

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
}
