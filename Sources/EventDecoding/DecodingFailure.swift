/// Why bytes are not JSON, with the offset of the first byte that is wrong.
///
/// Grammar: RFC 8259, read strictly.
package enum DecodingFailure: Error, Sendable, Equatable, CustomStringConvertible {
    case endOfInput(at: Int)
    case unexpectedByte(UInt8, at: Int)
    case controlCharacter(at: Int)
    /// An unknown escape, or half of a surrogate pair.
    case badEscape(at: Int)
    case badUTF8(at: Int)
    case badNumber(at: Int)
    /// Nested deeper than `JSONReader.deepest`.
    case tooDeep(at: Int)
    case trailingBytes(at: Int)

    package var description: String {
        switch self {
        case .endOfInput(let offset): "it ends early at byte \(offset)"
        case .unexpectedByte(let byte, let offset):
            "unexpected \(Self.name(of: byte)) at byte \(offset)"
        case .controlCharacter(let offset): "control character in a string at byte \(offset)"
        case .badEscape(let offset): "bad escape at byte \(offset)"
        case .badUTF8(let offset): "invalid UTF-8 at byte \(offset)"
        case .badNumber(let offset): "bad number at byte \(offset)"
        case .tooDeep(let offset): "nested too deeply at byte \(offset)"
        case .trailingBytes(let offset): "more after its end at byte \(offset)"
        }
    }

    private static func name(of byte: UInt8) -> String {
        guard byte > 0x20, byte < 0x7F else { return "byte 0x" + String(byte, radix: 16) }
        return "'\(Character(Unicode.Scalar(byte)))'"
    }
}
