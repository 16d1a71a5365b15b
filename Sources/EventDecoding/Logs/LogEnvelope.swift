import RegistryModel

/// The arrays in which records come together, by the key they stand under.
enum LogEnvelope {
    /// Event Hubs, CloudTrail's files, and Kafka's REST proxy, in the last with a `value` in each.
    case records
    /// Loki: `{"stream":{…},"values":[["time","line"],…]}`.
    case streams
    /// OpenTelemetry: resources hold scopes, which hold records.
    case resourceLogs
    /// Answers of Log Analytics: tables of columns and rows.
    case tables

    /// Where an object stands: alone, in an array that does, or further inside.
    enum Depth {
        case outermost
        case item
        case inner
    }

    func stands(_ depth: Depth) -> Bool {
        depth == .outermost || depth == .item && self == .records
    }

    init?(_ key: JSONText) {
        if key.equals("records") || key.equals("Records") {
            self = .records
        } else if key.equals("streams") {
            self = .streams
        } else if key.equals("resourceLogs") {
            self = .resourceLogs
        } else if key.equals("tables") {
            self = .tables
        } else {
            return nil
        }
    }
}

extension LogDecoder {
    mutating func read(
        _ envelope: LogEnvelope,
        _ reader: inout JSONReader,
        _ place: Place,
        _ done: inout Int
    ) throws(DecodingFailure) {
        switch envelope {
        case .records: try readArray(&reader, place, &done)
        case .streams: try readStreams(&reader, place, &done)
        case .resourceLogs: try readResources(&reader, place, &done, depth: 0)
        case .tables: try readTables(&reader, place, &done)
        }
    }

    // MARK: Loki

    private mutating func readStreams(
        _ reader: inout JSONReader,
        _ place: Place,
        _ done: inout Int
    ) throws(DecodingFailure) {
        try eachObject(in: &reader) { (decoder, key, reader) throws(DecodingFailure) in
            guard key.equals("values"), try reader.peek() == UInt8(ascii: "[") else {
                return try reader.skipValue()
            }
            try reader.enterArray()
            while try reader.nextItem() { try decoder.readEntry(&reader, place, &done) }
        }
    }

    /// `["nanoseconds","line"]`, with labels behind them or not.
    private mutating func readEntry(
        _ reader: inout JSONReader,
        _ place: Place,
        _ done: inout Int
    ) throws(DecodingFailure) {
        _ = try reader.peek()
        let start = reader.position
        var index = 0
        var line: JSONText?
        try reader.enterArray()
        while try reader.nextItem() {
            if index == 1, try reader.peek() == UInt8(ascii: "\"") {
                line = try reader.string()
            } else {
                try reader.skipValue()
            }
            index += 1
        }
        done = reader.position
        addText(line, from: reader.bytes.part(start, reader.position), at: start, place)
    }

    // MARK: OpenTelemetry

    private static let levels: [StaticString] = ["scopeLogs", "logRecords"]

    private mutating func readResources(
        _ reader: inout JSONReader,
        _ place: Place,
        _ done: inout Int,
        depth: Int
    ) throws(DecodingFailure) {
        try eachObject(in: &reader) { (decoder, key, reader) throws(DecodingFailure) in
            guard key.equals(Self.levels[depth]), try reader.peek() == UInt8(ascii: "[") else {
                return try reader.skipValue()
            }
            guard depth == 1 else {
                return try decoder.readResources(&reader, place, &done, depth: depth + 1)
            }
            try reader.enterArray()
            while try reader.nextItem() { try decoder.readLogRecord(&reader, place, &done) }
        }
    }

    /// The text of a record's `body`, or the values of the map that it is.
    private mutating func readLogRecord(
        _ reader: inout JSONReader,
        _ place: Place,
        _ done: inout Int
    ) throws(DecodingFailure) {
        let mark = arena.mark
        defer { arena.release(mark) }
        _ = try reader.peek()
        let start = reader.position
        fields.removeAll()
        leaves.removeAll(keepingCapacity: true)
        try reader.enterObject()
        while let key = try reader.nextKey() {
            guard key.equals("body"), try reader.peek() == UInt8(ascii: "{") else {
                try reader.skipValue()
                continue
            }
            try readValue(&reader) { (decoder, text) in
                decoder.fields.set(.text, text, rank: 1)
            }
        }
        done = reader.position
        add(
            from: reader.bytes.part(start, reader.position),
            at: place.origin ?? base + start,
            place
        )
    }

    /// `{"stringValue":…}` and its like; the members of a map are fields.
    private mutating func readValue(
        _ reader: inout JSONReader,
        _ take: (inout LogDecoder, JSONText) -> Void
    ) throws(DecodingFailure) {
        try reader.enterObject()
        while let kind = try reader.nextKey() {
            let first = try reader.peek()
            if kind.equals("kvlistValue"), first == UInt8(ascii: "{") {
                try readMap(&reader)
            } else if first == UInt8(ascii: "\"") {
                take(&self, try reader.string())
            } else if first == UInt8(ascii: "-") || first.isDigit {
                take(&self, try reader.number())
            } else {
                try reader.skipValue()
            }
        }
    }

    /// `{"values":[{"key":…,"value":{…}},…]}`; a value that comes before its key is passed over.
    private mutating func readMap(_ reader: inout JSONReader) throws(DecodingFailure) {
        try reader.enterObject()
        while let key = try reader.nextKey() {
            guard key.equals("values"), try reader.peek() == UInt8(ascii: "[") else {
                try reader.skipValue()
                continue
            }
            var meaning: LogKeys.Meaning?
            try eachObject(in: &reader) { (decoder, key, reader) throws(DecodingFailure) in
                if key.equals("key"), try reader.peek() == UInt8(ascii: "\"") {
                    let name = decoder.arena.plain(try reader.string())
                    meaning = decoder.dialect.keys.meaning(.root, name)
                } else if key.equals("value"), try reader.peek() == UInt8(ascii: "{"),
                    let field = meaning?.field, let rank = meaning?.rank
                {
                    try decoder.readValue(&reader) { $0.fields.set(field, $1, rank: rank) }
                    meaning = nil
                } else {
                    try reader.skipValue()
                }
            }
        }
    }

    // MARK: Log Analytics

    private mutating func readTables(
        _ reader: inout JSONReader,
        _ place: Place,
        _ done: inout Int
    ) throws(DecodingFailure) {
        var columns: [LogKeys.Meaning?] = []
        try eachObject(in: &reader) { (decoder, key, reader) throws(DecodingFailure) in
            if key.equals("columns"), try reader.peek() == UInt8(ascii: "[") {
                columns = try decoder.readColumns(&reader)
            } else if key.equals("rows"), try reader.peek() == UInt8(ascii: "[") {
                try reader.enterArray()
                while try reader.nextItem() {
                    try decoder.readRow(&reader, columns, place)
                    done = reader.position
                }
            } else {
                try reader.skipValue()
            }
        }
    }

    private mutating func readColumns(
        _ reader: inout JSONReader
    ) throws(DecodingFailure) -> [LogKeys.Meaning?] {
        var columns: [LogKeys.Meaning?] = []
        try reader.enterArray()
        while try reader.nextItem() {
            var meaning: LogKeys.Meaning?
            guard try reader.peek() == UInt8(ascii: "{") else {
                try reader.skipValue()
                if columns.count < Self.mostColumns { columns.append(nil) }
                continue
            }
            try reader.enterObject()
            while let key = try reader.nextKey() {
                if key.equals("name"), try reader.peek() == UInt8(ascii: "\"") {
                    meaning = dialect.keys.meaning(.root, arena.plain(try reader.string()))
                } else {
                    try reader.skipValue()
                }
            }
            if columns.count < Self.mostColumns { columns.append(meaning) }
        }
        return columns
    }

    /// The table has thirty.
    private static let mostColumns = 256

    private mutating func readRow(
        _ reader: inout JSONReader,
        _ columns: [LogKeys.Meaning?],
        _ place: Place
    ) throws(DecodingFailure) {
        let first = try reader.peek()
        let start = reader.position
        fields.removeAll()
        var index = 0
        if first == UInt8(ascii: "[") {
            try reader.enterArray()
            while try reader.nextItem() {
                let kind = try reader.peek()
                if index < columns.count, let meaning = columns[index], let field = meaning.field,
                    kind == UInt8(ascii: "\"") || kind == UInt8(ascii: "-") || kind.isDigit
                {
                    let text =
                        kind == UInt8(ascii: "\"") ? try reader.string() : try reader.number()
                    fields.set(field, text, rank: meaning.rank)
                } else {
                    try reader.skipValue()
                }
                index += 1
            }
        } else {
            try reader.skipValue()
        }
        let mark = arena.mark
        defer { arena.release(mark) }
        let bytes = reader.bytes.part(start, reader.position)
        add(from: bytes, at: place.origin ?? base + start, place)
    }

    // MARK: Common to all

    /// Reads the objects of an array, key by key; what is no object is passed over.
    private mutating func eachObject(
        in reader: inout JSONReader,
        _ member:
            (inout LogDecoder, JSONText, inout JSONReader) throws(DecodingFailure) -> Void
    ) throws(DecodingFailure) {
        try reader.enterArray()
        while try reader.nextItem() {
            guard try reader.peek() == UInt8(ascii: "{") else {
                try reader.skipValue()
                continue
            }
            try reader.enterObject()
            while let key = try reader.nextKey() { try member(&self, key, &reader) }
        }
    }

    private mutating func addText(
        _ text: JSONText?,
        from bytes: UnsafeRawBufferPointer,
        at start: Int,
        _ place: Place
    ) {
        let offset = place.origin ?? base + start
        guard let text, place.depth < Self.deepestWrapping else {
            decoded.reject(bytes, "item at byte \(offset) has no line in it")
            return
        }
        let mark = arena.mark
        defer { arena.release(mark) }
        read(arena.plain(text), as: place.inside(of: offset))
    }
}
