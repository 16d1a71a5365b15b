import Testing

@testable import EventDecoding

struct JSONReaderTests {
    @Test(arguments: [
        "null", "true", " false ", "0", "-0", "10", "-1.5e+10", "0.25E-3", "\"\"", "[]", "{}",
        "[1,2,[3]]", "{\"a\":{\"b\":[null]},\"a\":1}", "\t\r\n[ ]\n",
        #""\"\\\/\b\f\n\r\t\u0041\ud83d\ude00""#, "\"é€😀\u{7F}\"",
    ])
    func acceptsJSON(_ text: String) {
        #expect(failure(of: Array(text.utf8)) == nil)
    }

    @Test(arguments: [
        ("", DecodingFailure.endOfInput(at: 0)), ("[1,", .endOfInput(at: 3)),
        ("\"abc", .endOfInput(at: 4)), ("{\"a\"", .endOfInput(at: 4)), ("tru", .endOfInput(at: 3)),
        ("[1,]", .unexpectedByte(UInt8(ascii: "]"), at: 3)),
        ("[,1]", .unexpectedByte(UInt8(ascii: ","), at: 1)),
        ("[1 2]", .unexpectedByte(UInt8(ascii: "2"), at: 3)),
        ("{\"a\":1,}", .unexpectedByte(UInt8(ascii: "}"), at: 7)),
        ("{a:1}", .unexpectedByte(UInt8(ascii: "a"), at: 1)),
        ("{\"a\" 1}", .unexpectedByte(UInt8(ascii: "1"), at: 5)),
        ("{\"a\":}", .unexpectedByte(UInt8(ascii: "}"), at: 5)),
        ("[}", .unexpectedByte(UInt8(ascii: "}"), at: 1)),
        ("truE", .unexpectedByte(UInt8(ascii: "t"), at: 0)),
        ("NaN", .unexpectedByte(UInt8(ascii: "N"), at: 0)),
        ("'a'", .unexpectedByte(UInt8(ascii: "'"), at: 0)),
        ("[] []", .trailingBytes(at: 3)), ("nullx", .trailingBytes(at: 4)),
        ("01", .badNumber(at: 0)), ("-", .badNumber(at: 0)), ("1.", .badNumber(at: 0)),
        ("1e", .badNumber(at: 0)), ("+1", .unexpectedByte(UInt8(ascii: "+"), at: 0)),
        (".5", .unexpectedByte(UInt8(ascii: "."), at: 0)),
        ("\"a\nb\"", .controlCharacter(at: 2)), ("\"12345678\u{1F}\"", .controlCharacter(at: 9)),
        (#""\x""#, .badEscape(at: 1)), (#""\u12g4""#, .badEscape(at: 1)),
        (#""\u12""#, .badEscape(at: 1)), (#""\ud83d""#, .badEscape(at: 1)),
        (#""\ude00""#, .badEscape(at: 1)), (#""\ud83d\u0041""#, .badEscape(at: 1)),
        (#""\ud83dxxxxxx""#, .badEscape(at: 1)), ("\"\\", .endOfInput(at: 2)),
    ])
    func refusesWhatIsNotJSON(_ text: String, _ expected: DecodingFailure) {
        #expect(failure(of: Array(text.utf8)) == expected)
    }

    /// Unicode standard, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.
    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x41], [0xE0, 0x9F, 0x80],
            [0xED, 0xA0, 0x80], [0xE2, 0x82], [0xF0, 0x8F, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xFF],
        ] as [[UInt8]]
    )
    func refusesInvalidUTF8(_ sequence: [UInt8]) {
        #expect(failure(of: Array("\"a".utf8) + sequence + Array("\"".utf8)) == .badUTF8(at: 2))
    }

    @Test func refusesDeepNesting() {
        let deep = { (depth: Int) in
            Array(String(repeating: "[", count: depth).utf8)
                + Array(String(repeating: "]", count: depth).utf8)
        }
        #expect(failure(of: deep(128)) == nil)
        #expect(failure(of: deep(129)) == .tooDeep(at: 128))
        #expect(
            failure(of: Array(repeating: UInt8(ascii: "["), count: 1_000_000)) == .tooDeep(at: 128)
        )
        let objects = String(repeating: "{\"a\":", count: 129)
        #expect(failure(of: Array(objects.utf8)) == .tooDeep(at: 640))
    }

    /// The byte that ends a run of plain ones is found at every place in a word of eight.
    @Test(arguments: 0..<20)
    func findsTheEndOfAStringAnywhere(_ length: Int) throws {
        for special in ["\"", "\\n", "é", "\u{1F}"] {
            let body = String(repeating: "\u{7E}", count: length) + special
            let bytes = Array("\"\(body)\"          ".utf8)
            let text = bytes.withUnsafeBytes { buffer in
                var reader = JSONReader(buffer)
                return try? reader.string().string
            }
            switch special {
            case "\"": #expect(text == String(body.dropLast()))
            case "\\n": #expect(text == body.dropLast(2) + "\n")
            case "é": #expect(text == body)
            default: #expect(text == nil)
            }
        }
    }

    private func failure(of bytes: [UInt8]) -> DecodingFailure? {
        bytes.withUnsafeBytes { buffer in
            do throws(DecodingFailure) {
                var reader = JSONReader(buffer)
                try reader.skipValue()
                try reader.finish()
                return nil
            } catch {
                return error
            }
        }
    }
}
