/// The `key=value` pairs of a line of logrus's text form; quoted values are still escaped.
struct LogrusPairs: Sequence, IteratorProtocol {
    private let line: UnsafeRawBufferPointer
    private var position = 0

    init(_ line: UnsafeRawBufferPointer) { self.line = line }

    mutating func next() -> (key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)? {
        while position < line.count, line[position] == UInt8(ascii: " ") { position += 1 }
        guard let equals = line.firstIndex(of: UInt8(ascii: "="), from: position) else {
            return nil
        }
        let key = line.part(position, equals)
        let start = equals + 1
        if line.starts(with: "\"", at: start) {
            guard let end = line.closingQuote(from: start + 1) else { return nil }
            position = end + 1
            return (key, line.part(start + 1, end))
        }
        let end = line.firstIndex(of: UInt8(ascii: " "), from: start) ?? line.count
        position = end
        return (key, line.part(start, end))
    }
}

/// One line of Caddy's form for consoles: `time⇥level⇥logger⇥message⇥{…}`.
struct CaddyConsoleLine {
    let time: UnsafeRawBufferPointer
    let json: UnsafeRawBufferPointer

    init?(_ line: UnsafeRawBufferPointer) {
        guard let tab = line.firstIndex(of: UInt8(ascii: "\t"), from: 0), tab > 0,
            let start = line.firstIndex(of: "\t{"), line.last == UInt8(ascii: "}")
        else { return nil }
        time = line.part(0, tab)
        json = line.part(start + 1, line.count)
    }
}
