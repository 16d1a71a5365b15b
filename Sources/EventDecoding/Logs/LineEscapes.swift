/// The escapes in the quoted parts of access lines: nginx's `\xXX`, and Go's `\"`, `\n`, `\xXX`,
/// `\uXXXX` and `\UXXXXXXXX`.
enum LineEscapes {
    /// Returns what is meant; an unknown escape stands for itself.
    static func decoded(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "\\"), index + 1 < text.count else {
                result.append(text[index])
                index += 1
                continue
            }
            let letter = text[index + 1]
            index += 2
            if let plain = plain(letter) {
                result.append(plain)
            } else if let (bytes, length) = number(letter, in: text, at: index) {
                result.append(contentsOf: bytes)
                index += length
            } else {
                result.append(UInt8(ascii: "\\"))
                result.append(letter)
            }
        }
        return result
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

    private static func number(
        _ letter: UInt8,
        in text: UnsafeRawBufferPointer,
        at index: Int
    ) -> (bytes: [UInt8], length: Int)? {
        let length: Int
        switch letter {
        case UInt8(ascii: "x"): length = 2
        case UInt8(ascii: "u"): length = 4
        case UInt8(ascii: "U"): length = 8
        default: return nil
        }
        guard let value = text.hex(at: index, count: length) else { return nil }
        // Two digits are a byte, which may be one of several of a character.
        if length == 2 { return ([UInt8(value)], length) }
        guard let scalar = Unicode.Scalar(value), let encoded = UTF8.encode(scalar) else {
            return nil
        }
        return (Array(encoded), length)
    }
}
