/// The inside of a JSON string, or a number's text, still in the bytes it was read from.
package struct JSONText {
    /// As it stands in the document, without the quotes.
    package let bytes: UnsafeRawBufferPointer
    package let isEscaped: Bool

    /// Gives `body` the bytes that the text stands for; copies only where there are escapes.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        guard isEscaped else { return body(bytes) }
        return JSONString.unescape(bytes).withUnsafeBytes(body)
    }

    /// Inlined, for the length alone tells most keys apart.
    @inline(__always)
    package func equals(_ other: StaticString) -> Bool {
        guard isEscaped else { return bytes.equals(other) }
        return withBytes { $0.equals(other) }
    }

    /// Whether it is equal but for the case of ASCII letters; `lowercase` must have none above.
    package func equals(ignoringCase lowercase: StaticString) -> Bool {
        withBytes { $0.equals(ignoringCase: lowercase) }
    }

    var string: String { withBytes { String(decoding: $0, as: UTF8.self) } }

    /// The value of a plain whole number, or nil for anything else.
    package var wholeNumber: Int64? { withBytes { $0.wholeNumber } }
}
