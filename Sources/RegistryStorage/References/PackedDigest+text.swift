package import RegistryModel

extension PackedDigest {
    /// The digest as text.
    package var digest: Digest {
        // Made of digits only, so it is one.
        Digest(String(unsafeUninitializedCapacity: 71) { write(to: $0) }).unsafelyUnwrapped
    }

    /// The 64 digits, which name folders.
    var hex: String { String(digest.encoded) }

    private func write(to text: UnsafeMutableBufferPointer<UInt8>) -> Int {
        // Room for 71 was asked for, so there is memory.
        guard let start = text.baseAddress else { return 0 }
        let prefix = Self.prefix.utf8CodeUnitCount
        start.update(from: Self.prefix.utf8Start, count: prefix)
        writeHex(to: start + prefix)
        return prefix + 64
    }

    /// Writes the 64 digits, for which there must be room.
    func writeHex(to text: UnsafeMutablePointer<UInt8>) {
        Self.write(words.0, to: text)
        Self.write(words.1, to: text + 16)
        Self.write(words.2, to: text + 32)
        Self.write(words.3, to: text + 48)
    }

    private static func write(_ word: UInt64, to text: UnsafeMutablePointer<UInt8>) {
        for index in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * index)) & 15
            text[index] = digit < 10 ? 0x30 + digit : 0x57 + digit
        }
    }

    /// Reads the 64 lower-case digits of a folder's name.
    init?(hex text: UnsafeRawBufferPointer) {
        guard text.count == 64 else { return nil }
        guard let first = Self.word(text, 0), let second = Self.word(text, 16),
            let third = Self.word(text, 32), let fourth = Self.word(text, 48)
        else { return nil }
        self.init(words: (first, second, third, fourth))
    }

    /// Reads what a `link` file holds: `sha256:` and the digits, and perhaps the end of a line.
    init?(link text: UnsafeRawBufferPointer) {
        let start = Self.prefix.utf8CodeUnitCount
        let end = start + 64
        guard text.count == end || text.count == end + 1 && text[end] == 0x0A else { return nil }
        for index in 0..<start where text[index] != Self.prefix.utf8Start[index] { return nil }
        self.init(hex: UnsafeRawBufferPointer(rebasing: text[start..<end]))
    }

    private static func word(_ text: UnsafeRawBufferPointer, _ start: Int) -> UInt64? {
        var word: UInt64 = 0
        for index in start..<(start + 16) {
            let byte = text[index]
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x61...0x66: digit = byte - 0x57
            default: return nil
            }
            word = word << 4 | UInt64(digit)
        }
        return word
    }
}
