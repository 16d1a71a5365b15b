/// The grammar of a JSON number (RFC 8259, section 6).
enum JSONNumber {
    /// Returns the offset after the number that begins at `start`, or nil when none does.
    static func end(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") { index += 1 }
        let whole = index
        guard skipDigits(bytes, &index) else { return nil }
        // Only a zero alone may begin with a zero.
        guard bytes[whole] != UInt8(ascii: "0") || index == whole + 1 else { return nil }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            guard skipDigits(bytes, &index) else { return nil }
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count,
                bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-")
            {
                index += 1
            }
            guard skipDigits(bytes, &index) else { return nil }
        }
        return index
    }

    private static func skipDigits(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) -> Bool {
        let start = index
        while index < bytes.count, bytes[index].isDigit { index += 1 }
        return index > start
    }
}
