import RegistryModel

/// Takes a body of log records apart, and collects what they say.
struct LogDecoder {
    /// Where bytes come from: the body itself, or a text inside one of its records.
    struct Place {
        /// How many records they are wrapped in.
        var depth = 0
        /// The offset in the body of the record that wraps them.
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

    let dialect: LogDialect
    /// All but the accesses, which are in `texts`.
    var decoded = DecodedBody()
    var texts = LogTexts()
    var keys: RecordKeys
    var times = LogTime()
    var fields = LogFields()
    var leaves: [LogLeaf] = []
    var shapes = RecordShapes()
    let arena = ByteArena()
    /// The blobs that were noted, so that most lines of a pull are looked at once.
    var blobs = TextIndex()
    /// What distribution's own log tells: the same requests again, where its access lines are there.
    var ownLog: [AccessTable.Row] = []
    var hasAccessLines = false
    /// Whether anything was taken for a request, whatever became of it, or names one of another log.
    var hasRequests = false
    /// The requests of which words were passed over since the last request that was told of, and
    /// whether they were ever so many that requests must be missing between them.
    var mentioned: Set<Int> = []
    var isSilent = false
    /// Lines that a container's runtime has cut in pieces, by their stream, until the last piece.
    var pieces: [String: [UInt8]] = [:]
    /// The offset in the body of the bytes that are read.
    var base = 0
    /// Whether JSON was broken: where records end is then only a guess.
    var isBroken = false

    init(_ dialect: LogDialect) {
        self.dialect = dialect
        keys = RecordKeys(dialect.naming)
    }

    var format: LogFormat? { dialect.format }

    /// Reads every record of `bytes`.
    mutating func read(_ bytes: UnsafeRawBufferPointer, as place: Place) {
        var position = 0
        while let start = Self.firstNonSpace(in: bytes, from: position) {
            let first = bytes[start]
            if first == UInt8(ascii: "{")
                || first == UInt8(ascii: "[") && Self.isArray(bytes, start)
            {
                position = readJSON(bytes, from: start, place)
            } else {
                let end = bytes.firstIndex(of: UInt8(ascii: "\n"), from: start) ?? bytes.count
                let offset = place.origin ?? base + start
                readLine(bytes.part(start, end), at: offset, place)
                position = end
            }
        }
    }

    /// Ends the body: decides what counts of a log that tells of each request twice.
    mutating func finish() {
        for piece in pieces.values.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            piece.withUnsafeBytes { decoded.reject($0, "a line that was cut in pieces has no end") }
        }
        pieces = [:]
        if hasAccessLines, format == nil {
            let told = ToldRequests(texts.table.rows)
            for row in ownLog {
                // The access lines may have been switched off for a time.
                if told.contains(row) { decoded.ignored += 1 } else { texts.append(row) }
            }
        } else {
            for row in ownLog { texts.append(row) }
        }
        ownLog = []
    }

    /// Whether a JSON array begins here, and not the time or the level of a line.
    private static func isArray(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Bool {
        guard start + 1 < bytes.count else { return true }
        let next = bytes[start + 1]
        if next >= UInt8(ascii: "A"), next <= UInt8(ascii: "Z") { return false }
        return bytes.decimal(at: start + 1, count: 4) == nil
            || !bytes.starts(with: "-", at: start + 5)
    }

    private static func firstNonSpace(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        while index < bytes.count {
            if !bytes[index].isSpace { return index }
            index += 1
        }
        return nil
    }

    /// Lines are far shorter; longer ones are not access lines.
    static let longestLine = 65_536

    /// Docker wraps Fluent Bit wraps a record: nothing wraps more often.
    static let deepestWrapping = 3
}

extension UnsafeRawBufferPointer {
    var withoutEndSpace: UnsafeRawBufferPointer {
        var end = count
        while end > 0, self[end - 1].isSpace { end -= 1 }
        return part(0, end)
    }
}
