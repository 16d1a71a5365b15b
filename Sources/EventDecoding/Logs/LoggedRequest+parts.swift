import RegistryModel

// What a log tells of a request, where it does not tell it as most do.
extension LoggedRequest {
    /// Method and target of `METHOD target HTTP/x`, of which the protocol may be missing; nil for
    /// anything else, such as a TLS greeting.
    ///
    /// `status` is nil where nobody knows it.
    /// - Throws: where a manifest or a blob is named, and nobody can say what was done with it.
    @inline(__always)
    static func parts(
        of line: UnsafeRawBufferPointer,
        status: Int?
    ) throws(FieldProblem) -> (method: UnsafeRawBufferPointer, target: UnsafeRawBufferPointer)? {
        guard let first = line.firstIndex(of: UInt8(ascii: " "), from: 0),
            let second = line.firstIndex(of: UInt8(ascii: " "), from: first + 1),
            line.starts(with: "HTTP/", at: second + 1)
        else { return try shortParts(of: line, status: status) }
        return (line.part(0, first), line.part(first + 1, second))
    }

    /// Method and target alone, as nginx's `$request_method $request_uri`, or with a dash for the
    /// protocol, which is Envoy's way to write nothing.
    private static func shortParts(
        of line: UnsafeRawBufferPointer,
        status: Int?
    ) throws(FieldProblem) -> (method: UnsafeRawBufferPointer, target: UnsafeRawBufferPointer)? {
        if let space = line.firstIndex(of: UInt8(ascii: " "), from: 0),
            isMethod(line.part(0, space))
        {
            let rest = line.part(space + 1, line.count)
            let isDashed = rest.count > 2 && rest.starts(with: " -", at: rest.count - 2)
            let target = isDashed ? rest.part(0, rest.count - 2) : rest
            if isTarget(target) { return (line.part(0, space), target) }
        }
        try refuse(line, as: "request", status)
        return nil
    }

    /// Whether it is a path or a URL.
    static func isTarget(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.firstIndex(of: UInt8(ascii: " "), from: 0) == nil else { return false }
        return text.starts(with: "/") || text.firstIndex(of: "://") != nil
    }

    private static func isMethod(_ text: UnsafeRawBufferPointer) -> Bool {
        !text.isEmpty
            && text.allSatisfy { $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z") }
    }

    /// Throws where `text` names a manifest or a blob that may have been used: silence would pass for
    /// disuse.
    static func refuse(
        _ text: UnsafeRawBufferPointer,
        as field: StaticString,
        _ status: Int?
    ) throws(FieldProblem) {
        guard status.map({ (200..<400).contains($0) }) ?? true, RegistryPath.isNamed(in: text)
        else {
            return
        }
        let shown = String(decoding: text, as: UTF8.self)
        throw .invalid(field, shown, isNot: "\(field) that is understood")
    }

    // MARK: Status

    /// The status that a client got; 0 where there was no answer, nil where nobody can tell.
    @inline(__always)
    static func status(_ text: UnsafeRawBufferPointer) -> Int? {
        if let number = text.wholeNumber { return Int(number) }
        return otherStatus(text)
    }

    /// `200.0`, as Lua writes numbers, `200 OK`, and a list of which the last counts: nginx's
    /// `$upstream_status` has one for each server that was tried, with commas and, after an internal
    /// redirect, colons (ngx_http_upstream_module, "Embedded Variables").
    private static func otherStatus(_ text: UnsafeRawBufferPointer) -> Int? {
        let last = text.lastIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ":") }
        let status = text.part(last.map { $0 + 1 } ?? 0, text.count).trimmed
        if status.isAbsent || status.equals("-1") { return 0 }
        let digits = status.firstIndex { !$0.isDigit } ?? status.count
        guard (1...3).contains(digits), let number = status.decimal(at: 0, count: digits) else {
            return nil
        }
        let rest = status.part(digits, status.count)
        if rest.starts(with: ".") {
            return rest.count > 1 && rest.dropFirst().allSatisfy { $0 == UInt8(ascii: "0") }
                ? number : nil
        }
        return rest.isEmpty || rest.starts(with: " ") ? number : nil
    }
}
