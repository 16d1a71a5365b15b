/// The client's address in the forms that registries and proxies write.
enum ClientAddress {
    /// Returns the first address of a list, without port and brackets.
    static func bare(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let first = text.part(0, text.firstIndex(of: UInt8(ascii: ","), from: 0) ?? text.count)
            .trimmed
        if first.first == UInt8(ascii: "[") {
            return first.part(1, first.firstIndex(of: UInt8(ascii: "]"), from: 1) ?? first.count)
        }
        // With more than one colon it is IPv6 without brackets, which cannot have a port.
        guard let colon = first.firstIndex(of: UInt8(ascii: ":"), from: 0),
            first.firstIndex(of: UInt8(ascii: ":"), from: colon + 1) == nil
        else { return first }
        return first.part(0, colon)
    }
}

extension UnsafeRawBufferPointer {
    /// Whether it is one of the ways to write nothing: empty, `-`, `<nil>` or `<none>`.
    @inline(__always)
    var isAbsent: Bool {
        guard count <= 6 else { return false }
        guard count > 1 else { return isEmpty || self[0] == UInt8(ascii: "-") }
        return self[0] == UInt8(ascii: "<") && (equals("<nil>") || equals("<none>"))
    }
}
