import RegistryModel

/// Takes a body of log records apart, and collects what they say.
struct LogDecoder {
    /// Where bytes come from: the body itself, or a text inside one of its records.
    struct Place {
        /// How many records they are wrapped in.
        var depth = 0
        /// The offset in the body, or of the record that wraps them.
        var origin: Int?
        /// True inside a record of an application's log, whose text need not be an access line.
        var isApplicationLog = false

        static let outermost = Place()

        /// The place of a text inside the record at `offset`.
        func inside(of offset: Int, isApplicationLog: Bool = false) -> Place {
            Place(
                depth: depth + 1,
                origin: offset,
                isApplicationLog: self.isApplicationLog || isApplicationLog
            )
        }
    }

    let format: LogFormat?
    var decoded = DecodedBody()
    var keys = RecordKeys()
    var values: LogValues

    init(format: LogFormat?, expecting count: Int) {
        self.format = format
        values = LogValues(expecting: count)
    }

    /// Reads every record of `bytes`.
    mutating func read(_ bytes: UnsafeRawBufferPointer, as place: Place) {
        var position = 0
        while let start = Self.firstNonSpace(in: bytes, from: position) {
            switch bytes[start] {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                position = readJSON(bytes, from: start, place)
            default:
                let end = bytes.firstIndex(of: UInt8(ascii: "\n"), from: start) ?? bytes.count
                readLine(bytes.part(start, end).trimmed, at: place.origin ?? start, place)
                position = end
            }
        }
    }

    /// Lines are far shorter; longer ones are not access lines.
    static let longestLine = 65_536

    /// Docker wraps Fluent Bit wraps a record: nothing wraps more often.
    static let deepestWrapping = 3

    private mutating func readLine(
        _ line: UnsafeRawBufferPointer,
        at offset: Int,
        _ place: Place
    ) {
        guard line.count <= Self.longestLine else {
            decoded.reject(line, "line of \(line.count) bytes at byte \(offset) is too long")
            return
        }
        if let content = Self.withoutRuntimePrefix(line), place.depth < Self.deepestWrapping {
            read(content, as: place.inside(of: offset))
            return
        }
        // The application's own log goes to the same place in a container.
        guard !line.starts(with: "time=\"") else {
            decoded.ignored += 1
            return
        }
        if format != .acr, let accessLine = AccessLine(line) {
            add(accessLine, from: line, at: offset)
        } else if place.isApplicationLog {
            decoded.ignored += 1
        } else {
            let kind = format == .acr ? "a JSON record" : "an access line"
            decoded.reject(line, "line at byte \(offset) is not \(kind)")
        }
    }

    private mutating func add(
        _ line: AccessLine,
        from bytes: UnsafeRawBufferPointer,
        at offset: Int
    ) {
        do throws(FieldProblem) {
            if let access = try line.access(&keys, &values) {
                decoded.accesses.append(access)
            } else {
                decoded.ignored += 1
                if let miss = line.miss(&keys, &values) { decoded.note(miss) }
            }
        } catch {
            decoded.reject(bytes, "line at byte \(offset): \(error.reason)")
        }
    }

    /// Cuts off what Kubernetes puts before each line of a container: a time, the stream, and
    /// whether the line is whole.
    private static func withoutRuntimePrefix(
        _ line: UnsafeRawBufferPointer
    ) -> UnsafeRawBufferPointer? {
        guard let space = line.firstIndex(of: UInt8(ascii: " "), from: 0), space >= 20,
            line.starts(with: " stdout F ", at: space) || line.starts(with: " stderr F ", at: space)
        else { return nil }
        return line.part(space + 10, line.count)
    }

    private static func firstNonSpace(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        while index < bytes.count {
            if !bytes[index].isSpace { return index }
            index += 1
        }
        return nil
    }
}
