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
                try readArray(&reader, place, &done, isOutermost: true)
            } else {
                try readObject(&reader, place, &done, .outermost)
            }
            return reader.position
        } catch {
            isBroken = true
            let next = Self.nextRecord(in: bytes, after: done)
            decoded.reject(bytes.part(done, next), "not JSON: \(error)")
            return next
        }
    }

    /// Reads the records in an array; what is no object is a rejection.
    ///
    /// In the outermost one, envelopes with `records` may stand, as Event Hubs hands on batches.
    mutating func readArray(
        _ reader: inout JSONReader,
        _ place: Place,
        _ done: inout Int,
        isOutermost: Bool = false
    ) throws(DecodingFailure) {
        try reader.enterArray()
        while try reader.nextItem() {
            let first = try reader.peek()
            done = reader.position
            if first == UInt8(ascii: "{") {
                try readObject(&reader, place, &done, isOutermost ? .item : .inner)
            } else {
                let start = reader.position
                try reader.skipValue()
                let item = reader.bytes.part(start, reader.position)
                let offset = place.origin ?? base + start
                decoded.reject(item, "item at byte \(offset) is not a JSON object")
            }
            done = reader.position
        }
    }

    private mutating func readObject(
        _ reader: inout JSONReader,
        _ place: Place,
        _ done: inout Int,
        _ depth: LogEnvelope.Depth
    ) throws(DecodingFailure) {
        let mark = arena.mark
        defer { arena.release(mark) }
        _ = try reader.peek()
        let start = reader.position
        let offset = place.origin ?? base + start
        if let end = shapes.read(reader.bytes, at: start, into: &fields) {
            reader.skip(to: end)
            add(from: reader.bytes.part(start, end), at: offset, place)
            return
        }
        fields.removeAll()
        leaves.removeAll(keepingCapacity: true)
        var isEnvelope = false
        try reader.enterObject()
        while let key = try reader.nextKey() {
            if depth != .inner, let envelope = LogEnvelope(key), envelope.stands(depth),
                try reader.peek() == UInt8(ascii: "[")
            {
                isEnvelope = true
                try read(envelope, &reader, place, &done)
            } else {
                try readMember(key, &reader, .root)
            }
        }
        guard !isEnvelope else { return }
        let bytes = reader.bytes.part(start, reader.position)
        // What is wrong in it would be taken for right in the next one.
        if fields.misfit == nil, leaves.count < Self.mostLeaves { shapes.learn(bytes, leaves) }
        add(from: bytes, at: offset, place)
    }

    /// Reads the object that comes next, whose keys stand in `context`.
    mutating func readMembers(
        _ reader: inout JSONReader,
        _ context: LogContext
    ) throws(DecodingFailure) {
        try reader.enterObject()
        while let key = try reader.nextKey() { try readMember(key, &reader, context) }
    }

    private mutating func readMember(
        _ key: JSONText,
        _ reader: inout JSONReader,
        _ context: LogContext
    ) throws(DecodingFailure) {
        let meaning = dialect.keys.meaning(context, arena.plain(key))
        switch try reader.peek() {
        case UInt8(ascii: "{"):
            if let inside = meaning?.inside {
                try readMembers(&reader, inside)
            } else {
                try reader.skipValue()
                misfits(meaning)
            }
        case UInt8(ascii: "["):
            if context.hasLists {
                try readList(&reader, meaning)
            } else {
                try reader.skipValue()
                misfits(meaning)
            }
        case UInt8(ascii: "t"), UInt8(ascii: "f"):
            try reader.skipValue()
            misfits(meaning)
        case UInt8(ascii: "n"):
            try reader.skipValue()
            let nothing = reader.bytes.part(reader.position, reader.position)
            add(JSONText(bytes: nothing, isEscaped: false), .null, meaning)
        default: try readLeaf(&reader, meaning)
        }
    }

    private mutating func readLeaf(
        _ reader: inout JSONReader,
        _ meaning: LogKeys.Meaning?
    ) throws(DecodingFailure) {
        if try reader.peek() == UInt8(ascii: "\"") {
            add(try reader.string(), .string, meaning)
        } else {
            add(try reader.number(), .number, meaning)
        }
    }

    private mutating func add(_ text: JSONText, _ kind: LogLeaf.Kind, _ meaning: LogKeys.Meaning?) {
        var leaf = LogLeaf(text: text, kind: kind, meaning: nil)
        if let meaning, let field = meaning.field {
            leaf.meaning = (field, meaning.rank)
            fields.set(field, text, rank: meaning.rank)
        }
        if leaves.count < Self.mostLeaves { leaves.append(leaf) }
    }

    /// No log's record has as many; one that has is read, but its shape is not remembered.
    private static let mostLeaves = 256

    /// Reads the values of a header field, of which the first counts.
    private mutating func readList(
        _ reader: inout JSONReader,
        _ meaning: LogKeys.Meaning?
    ) throws(DecodingFailure) {
        var meaning = meaning
        try reader.enterArray()
        while try reader.nextItem() {
            if try reader.peek() == UInt8(ascii: "\"") {
                try readLeaf(&reader, meaning)
                meaning = nil
            } else {
                try reader.skipValue()
            }
        }
    }

    private mutating func misfits(_ meaning: LogKeys.Meaning?) {
        if let field = meaning?.field { fields.misfit = fields.misfit ?? field }
    }

    /// The first line after `offset` that does not look like the inside of an indented value.
    static func nextRecord(in bytes: UnsafeRawBufferPointer, after offset: Int) -> Int {
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
