/// The escapes in the quoted parts of access lines: nginx's `\xXX`, and Go's `\"`, `\n`, `\xXX`,
/// `\uXXXX` and `\UXXXXXXXX`.
enum LineEscapes {
    /// Writes what is meant to `result`, which has room for all of `text`, and returns its length; an
    /// unknown escape stands for itself.
    static func decode(
        _ text: UnsafeRawBufferPointer,
        to result: UnsafeMutableRawBufferPointer
    ) -> Int {
        var length = 0
        func append(_ byte: UInt8) {
            result[length] = byte
            length += 1
        }
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "\\"), index + 1 < text.count else {
                append(text[index])
                index += 1
                continue
            }
            let letter = text[index + 1]
            index += 2
            if let plain = plain(letter) {
                append(plain)
            } else if let digits = digits(letter), let value = text.hex(at: index, count: digits),
                write(value, digits, append)
            {
                index += digits
            } else {
                append(UInt8(ascii: "\\"))
                append(letter)
            }
        }
        return length
    }

    private static func plain(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "'"): letter
        case UInt8(ascii: "a"): 0x07
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "v"): 0x0B
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "r"): 0x0D
        default: nil
        }
    }

    /// How many digits follow the letter.
    private static func digits(_ letter: UInt8) -> Int? {
        switch letter {
        case UInt8(ascii: "x"): 2
        case UInt8(ascii: "u"): 4
        case UInt8(ascii: "U"): 8
        default: nil
        }
    }

    private static func write(_ value: UInt32, _ digits: Int, _ append: (UInt8) -> Void) -> Bool {
        // Two digits are a byte, which may be one of several of a character.
        guard digits > 2 else {
            append(UInt8(value))
            return true
        }
        guard let scalar = Unicode.Scalar(value), let encoded = UTF8.encode(scalar) else {
            return false
        }
        for byte in encoded { append(byte) }
        return true
    }
}
