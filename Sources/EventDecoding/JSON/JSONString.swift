/// The inside of a JSON string (RFC 8259, section 7): where it ends, and what its escapes mean.
enum JSONString {
    /// Returns the offset of the closing quote, having checked everything before it.
    static func end(
        in bytes: UnsafeRawBufferPointer,
        from start: Int
    ) throws(DecodingFailure) -> (end: Int, isEscaped: Bool) {
        var index = start
        var isEscaped = false
        while true {
            index = plainEnd(in: bytes, from: index)
            guard index < bytes.count else { throw .endOfInput(at: index) }
            switch bytes[index] {
            case UInt8(ascii: "\""): return (index, isEscaped)
            case UInt8(ascii: "\\"):
                isEscaped = true
                index += try escape(in: bytes, at: index).length
            case ..<0x20: throw .controlCharacter(at: index)
            default:
                let length = UTF8Sequence.length(in: bytes, at: index)
                guard length > 0 else { throw .badUTF8(at: index) }
                index += length
            }
        }
    }

    /// Returns the bytes that `text` stands for; it must have passed `end`.
    static func unescape(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: text.count) { buffer, count in
            count = unescape(text, to: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// Writes the bytes that `text` stands for to `result`, which has room for all of `text`, and
    /// returns how many they are; it must have passed `end`.
    static func unescape(
        _ text: UnsafeRawBufferPointer,
        to result: UnsafeMutableRawBufferPointer
    ) -> Int {
        var length = 0
        var index = 0
        while index < text.count {
            let end = text.firstIndex(of: UInt8(ascii: "\\"), from: index) ?? text.count
            if end > index, let target = result.baseAddress, let source = text.baseAddress {
                (target + length).copyMemory(from: source + index, byteCount: end - index)
                length += end - index
                index = end
            }
            guard index < text.count, let escape = try? escape(in: text, at: index) else { break }
            if escape.scalar.isASCII {
                result[length] = UInt8(truncatingIfNeeded: escape.scalar.value)
                length += 1
            } else {
                for byte in UTF8.encode(escape.scalar) ?? UTF8.encodedReplacementCharacter {
                    result[length] = byte
                    length += 1
                }
            }
            index += escape.length
        }
        return length
    }

    /// Returns the offset of the first byte that is not plain: a quote, a backslash, a control
    /// character, or part of a longer UTF-8 sequence.
    @inline(__always)
    static func plainEnd(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index + 8 <= bytes.count {
            // Eight at a time: a byte of `found` has its high bit set where the word's byte is not
            // plain. Borrows may set later ones too, so only the first counts.
            let word = bytes.word(at: index)
            let quote = word ^ 0x2222_2222_2222_2222
            let backslash = word ^ 0x5C5C_5C5C_5C5C_5C5C
            let found =
                ((quote &- ones) & ~quote)
                | ((backslash &- ones) & ~backslash)
                | ((word &- 0x2020_2020_2020_2020) & ~word)
                | word
            let marks = found & highBits
            guard marks == 0 else { return index + marks.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < bytes.count, isPlain(bytes[index]) { index += 1 }
        return index
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private static func escape(
        in bytes: UnsafeRawBufferPointer,
        at start: Int
    ) throws(DecodingFailure) -> (scalar: Unicode.Scalar, length: Int) {
        guard start + 1 < bytes.count else { throw .endOfInput(at: bytes.count) }
        let plain: Unicode.Scalar
        switch bytes[start + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            plain = Unicode.Scalar(bytes[start + 1])
        case UInt8(ascii: "b"): plain = "\u{8}"
        case UInt8(ascii: "f"): plain = "\u{C}"
        case UInt8(ascii: "n"): plain = "\n"
        case UInt8(ascii: "r"): plain = "\r"
        case UInt8(ascii: "t"): plain = "\t"
        case UInt8(ascii: "u"): return try unicode(in: bytes, at: start)
        default: throw .badEscape(at: start)
        }
        return (plain, 2)
    }

    /// Reads `\uXXXX`, or two of them that make a surrogate pair.
    private static func unicode(
        in bytes: UnsafeRawBufferPointer,
        at start: Int
    ) throws(DecodingFailure) -> (scalar: Unicode.Scalar, length: Int) {
        guard let unit = bytes.hex(at: start + 2, count: 4) else { throw .badEscape(at: start) }
        if let scalar = Unicode.Scalar(unit) { return (scalar, 6) }
        guard unit < 0xDC00, start + 7 < bytes.count, bytes[start + 6] == UInt8(ascii: "\\"),
            bytes[start + 7] == UInt8(ascii: "u"), let low = bytes.hex(at: start + 8, count: 4),
            (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        else { throw .badEscape(at: start) }
        return (scalar, 12)
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080
}
