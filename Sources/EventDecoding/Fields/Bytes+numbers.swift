extension UnsafeRawBufferPointer {
    /// The value of `count` decimal digits at `offset`, or nil where they are not.
    func decimal(at offset: Int, count length: Int) -> Int? {
        guard offset + length <= count else { return nil }
        var value = 0
        for index in offset..<offset + length {
            guard self[index].isDigit else { return nil }
            value = value * 10 + Int(self[index] & 0x0F)
        }
        return value
    }

    /// The value of `count` hexadecimal digits at `offset`, or nil where they are not.
    func hex(at offset: Int, count length: Int) -> UInt32? {
        guard offset + length <= count else { return nil }
        var value: UInt32 = 0
        for index in offset..<offset + length {
            guard let digit = self[index].hexValue else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// The value of digits alone, or nil for anything else and for more than eighteen.
    var wholeNumber: Int64? {
        guard !isEmpty, count <= 18 else { return nil }
        return decimal(at: 0, count: count).map(Int64.init)
    }
}
