extension UInt8 {
    var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    /// The value of a hexadecimal digit of either case, or nil.
    var hexValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    var isSpace: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0D) }
}

extension UnsafeRawBufferPointer {
    /// The bytes from `start` up to `end`, counted from zero again.
    @inline(__always)
    func part(_ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[start..<end])
    }

    /// Eight bytes at `offset`, the first lowest.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Four bytes at `offset`, the first lowest.
    @inline(__always)
    func halfWord(at offset: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    @inline(__always)
    func equals(_ other: StaticString) -> Bool {
        count == other.utf8CodeUnitCount && starts(with: other)
    }

    /// Whether the bytes are the same.
    @inline(__always)
    func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        count == other.count && matches(other, at: 0)
    }

    /// Whether `prefix` stands at `offset`; false where it would not fit.
    @inline(__always)
    func starts(with prefix: StaticString, at offset: Int = 0) -> Bool {
        let text = UnsafeRawBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount)
        return matches(text, at: offset)
    }

    /// Whether all are equal but for the case of ASCII letters; `lowercase` must have none above.
    func equals(ignoringCase lowercase: StaticString) -> Bool {
        count == lowercase.utf8CodeUnitCount && starts(ignoringCase: lowercase)
    }

    func starts(ignoringCase lowercase: StaticString) -> Bool {
        let length = lowercase.utf8CodeUnitCount
        guard length <= count else { return false }
        for index in 0..<length {
            let byte = self[index]
            let isUpper = byte &- UInt8(ascii: "A") < 26
            guard (isUpper ? byte | 0x20 : byte) == lowercase.utf8Start[index] else { return false }
        }
        return true
    }

    func firstIndex(of byte: UInt8, from start: Int) -> Int? {
        var index = start
        let wanted = UInt64(byte) &* 0x0101_0101_0101_0101
        while index + 8 <= count {
            // The high bit of the first byte that is equal is set.
            let difference = word(at: index) ^ wanted
            let marks = (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
            guard marks == 0 else { return index + marks.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < count {
            if self[index] == byte { return index }
            index += 1
        }
        return nil
    }

    /// The offset of the first `pattern`, or nil.
    func firstIndex(of pattern: StaticString) -> Int? {
        var index = 0
        while index + pattern.utf8CodeUnitCount <= count {
            if starts(with: pattern, at: index) { return index }
            index += 1
        }
        return nil
    }

    /// The bytes without space at either end.
    var trimmed: UnsafeRawBufferPointer {
        var start = 0
        var end = count
        while start < end, self[start].isSpace { start += 1 }
        while end > start, self[end - 1].isSpace { end -= 1 }
        return part(start, end)
    }
}
