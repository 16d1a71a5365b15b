/// What Docker's `splunk` driver puts before each line with `splunk-format=raw`, unless it is given
/// another `tag`: the first twelve digits of the container's id.
enum ContainerPrefix {
    /// What stands behind it, or all of a line that has none.
    static func content(of line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard line.count > length, line[length] == UInt8(ascii: " "),
            line[..<length].allSatisfy(isDigit)
        else { return line }
        return line.part(length + 1, line.count)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }

    private static let length = 12
}
