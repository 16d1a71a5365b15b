/// Reads JSON (RFC 8259) from bytes, forward only and strictly, without building a tree.
///
/// Callers enter objects and arrays and take the values they want; whatever they skip is checked
/// just the same. The bytes must outlive the reader and every `JSONText` it returned. After an
/// error the reader must not be used any more.
package struct JSONReader {
    let bytes: UnsafeRawBufferPointer
    /// The offset of the next byte to read.
    private(set) var position: Int
    private var depth = 0
    /// True between entering a container and asking for its first item.
    private var isAtStart = false

    /// No registry nests deeper, and the stack is safe.
    static let deepest = 128

    package init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// Returns the next byte that is not space, without taking it.
    @inline(__always)
    package mutating func peek() throws(DecodingFailure) -> UInt8 {
        skipSpace()
        guard position < bytes.count else { throw .endOfInput(at: position) }
        return bytes[position]
    }

    package mutating func enterObject() throws(DecodingFailure) { try enter(UInt8(ascii: "{")) }

    package mutating func enterArray() throws(DecodingFailure) { try enter(UInt8(ascii: "[")) }

    /// Returns the next key of the object, whose value must then be read or skipped; nil leaves it.
    package mutating func nextKey() throws(DecodingFailure) -> JSONText? {
        guard try hasNext(before: UInt8(ascii: "}")) else { return nil }
        let key = try string()
        let colon = try peek()
        guard colon == UInt8(ascii: ":") else { throw .unexpectedByte(colon, at: position) }
        position += 1
        return key
    }

    /// Whether the array has another item, which must then be read or skipped; false leaves it.
    package mutating func nextItem() throws(DecodingFailure) -> Bool {
        try hasNext(before: UInt8(ascii: "]"))
    }

    /// Goes on after a value that was read and checked by other means.
    mutating func skip(to end: Int) { position = end }

    /// Checks that only space is left.
    package mutating func finish() throws(DecodingFailure) {
        skipSpace()
        guard position == bytes.count else { throw .trailingBytes(at: position) }
    }

    /// Reads past one value of any kind.
    package mutating func skipValue() throws(DecodingFailure) {
        switch try peek() {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "{"):
            try enterObject()
            while try nextKey() != nil { try skipValue() }
        case UInt8(ascii: "["):
            try enterArray()
            while try nextItem() { try skipValue() }
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: _ = try number()
        }
    }

    /// Reads a string.
    package mutating func string() throws(DecodingFailure) -> JSONText {
        let quote = try peek()
        guard quote == UInt8(ascii: "\"") else { throw .unexpectedByte(quote, at: position) }
        let start = position + 1
        let (end, isEscaped) = try JSONString.end(in: bytes, from: start)
        position = end + 1
        return JSONText(bytes: bytes.part(start, end), isEscaped: isEscaped)
    }

    /// Reads a number, as its text.
    package mutating func number() throws(DecodingFailure) -> JSONText {
        skipSpace()
        let start = position
        guard let end = JSONNumber.end(in: bytes, from: start) else {
            guard start < bytes.count else { throw .endOfInput(at: start) }
            let byte = bytes[start]
            let isNumber = byte == UInt8(ascii: "-") || byte.isDigit
            throw isNumber ? .badNumber(at: start) : .unexpectedByte(byte, at: start)
        }
        position = end
        return JSONText(bytes: bytes.part(start, end), isEscaped: false)
    }
}

extension JSONReader {
    @inline(__always)
    private mutating func skipSpace() {
        if position < bytes.count, bytes[position] > 0x20 { return }
        skipLongSpace()
    }

    private mutating func skipLongSpace() {
        var index = position
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            default:
                position = index
                return
            }
            // Registries indent their envelopes: that is a third of the bytes.
            while index + 8 <= bytes.count {
                let others = bytes.word(at: index) ^ 0x2020_2020_2020_2020
                index += others == 0 ? 8 : others.trailingZeroBitCount / 8
                if others != 0 { break }
            }
        }
        position = index
    }

    private mutating func enter(_ opening: UInt8) throws(DecodingFailure) {
        let byte = try peek()
        guard byte == opening else { throw .unexpectedByte(byte, at: position) }
        guard depth < Self.deepest else { throw .tooDeep(at: position) }
        depth += 1
        position += 1
        isAtStart = true
    }

    private mutating func hasNext(before closing: UInt8) throws(DecodingFailure) -> Bool {
        let byte = try peek()
        let isFirst = isAtStart
        isAtStart = false
        if byte == closing {
            depth -= 1
            position += 1
            return false
        }
        guard !isFirst else { return true }
        guard byte == UInt8(ascii: ",") else { throw .unexpectedByte(byte, at: position) }
        position += 1
        return true
    }

    private mutating func literal(_ text: StaticString) throws(DecodingFailure) {
        let length = text.utf8CodeUnitCount
        guard position + length <= bytes.count else { throw .endOfInput(at: bytes.count) }
        guard bytes.part(position, position + length).equals(text) else {
            throw .unexpectedByte(bytes[position], at: position)
        }
        position += length
    }
}
