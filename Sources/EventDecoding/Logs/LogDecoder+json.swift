import RegistryModel

extension LogDecoder {
    /// Reads one JSON value and returns where to go on: after it or, when it is broken, where the
    /// next record may begin.
    mutating func readJSON(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int,
        _ place: Place
    ) -> Int {
        var reader = JSONReader(bytes, at: start)
        // Up to here nothing must be read again, or it would count twice.
        var done = start
        do throws(DecodingFailure) {
            if bytes[start] == UInt8(ascii: "[") {
                try readArray(&reader, place, &done)
            } else {
                try readObject(&reader, place, &done, isOutermost: true)
            }
            return reader.position
        } catch {
            let next = Self.nextRecord(in: bytes, after: done)
            decoded.reject(bytes.part(done, next), "not JSON: \(error)")
            return next
        }
    }

    private mutating func readArray(
        _ reader: inout JSONReader,
        _ place: Place,
        _ done: inout Int
    ) throws(DecodingFailure) {
        try reader.enterArray()
        while try reader.nextItem() {
            let first = try reader.peek()
            done = reader.position
            if first == UInt8(ascii: "{") {
                try readObject(&reader, place, &done, isOutermost: false)
            } else {
                let start = reader.position
                try reader.skipValue()
                let item = reader.bytes.part(start, reader.position)
                decoded.reject(item, "item at byte \(place.origin ?? start) is not a JSON object")
            }
            done = reader.position
        }
    }

    private mutating func readObject(
        _ reader: inout JSONReader,
        _ place: Place,
        _ done: inout Int,
        isOutermost: Bool
    ) throws(DecodingFailure) {
        var record = LogRecord()
        var isBatch = false
        _ = try reader.peek()
        let start = reader.position
        try reader.enterObject()
        while let key = try reader.nextKey() {
            if isOutermost, key.equals("records"), try reader.peek() == UInt8(ascii: "[") {
                isBatch = true
                try readArray(&reader, place, &done)
            } else if try !record.take(key, &reader) {
                try reader.skipValue()
            }
        }
        guard !isBatch else { return }
        let bytes = reader.bytes.part(start, reader.position)
        add(record, from: bytes, at: place.origin ?? start, place)
    }

    private mutating func add(
        _ record: LogRecord,
        from bytes: UnsafeRawBufferPointer,
        at offset: Int,
        _ place: Place
    ) {
        guard record.category != nil else {
            unwrap(record, from: bytes, at: offset, place)
            return
        }
        guard format == nil || format == .acr else {
            decoded.reject(bytes, "record at byte \(offset) is not an access line")
            return
        }
        do throws(FieldProblem) {
            if let access = try record.access(&keys, &values) {
                decoded.accesses.append(access)
            } else {
                decoded.ignored += 1
                if let miss = record.miss(&keys, &values) { decoded.note(miss) }
            }
        } catch {
            decoded.reject(bytes, "record at byte \(offset): \(error.reason)")
        }
    }

    /// Reads the line that a forwarder wrapped.
    private mutating func unwrap(
        _ record: LogRecord,
        from bytes: UnsafeRawBufferPointer,
        at offset: Int,
        _ place: Place
    ) {
        if record.hasLevel, record.hasShortMessage {
            decoded.ignored += 1
        } else if let line = record.wrapped, place.depth < Self.deepestWrapping {
            let inside = place.inside(of: offset, isApplicationLog: record.hasLevel)
            line.withBytes { read($0, as: inside) }
        } else {
            decoded.reject(
                bytes,
                "record at byte \(offset) has neither a category nor a line in it"
            )
        }
    }

    /// The first line after `offset` that does not look like the inside of an indented value.
    private static func nextRecord(in bytes: UnsafeRawBufferPointer, after offset: Int) -> Int {
        var index = offset
        while let newline = bytes.firstIndex(of: UInt8(ascii: "\n"), from: index) {
            index = newline + 1
            guard index < bytes.count else { break }
            switch bytes[index] {
            case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ","): continue
            case let byte where byte.isSpace: continue
            default: return index
            }
        }
        return bytes.count
    }
}
