/// One value of a record, still in the bytes it was read from.
struct LogLeaf {
    enum Kind {
        case string
        case number
        case null
    }

    var text: JSONText
    var kind: Kind
    /// Nil for what nobody asks for.
    var meaning: (field: LogField, rank: Int8)?
}

/// A JSON record in which the values are blanks: what a writer's records have in common.
///
/// A log writes its records alike, key by key and space by space. Where all between the values is
/// equal to a record that was read and checked before, only the values need to be read, and the whole
/// is as good JSON as that one was.
struct RecordShape {
    private var text: [UInt8]
    private var blanks: [Blank]

    private struct Blank {
        var start: Int
        var end: Int
        var kind: LogLeaf.Kind
        var meaning: (field: LogField, rank: Int8)?
    }

    /// Remembers the record `bytes` with the values `leaves`, which are in their order.
    init?(_ bytes: UnsafeRawBufferPointer, _ leaves: [LogLeaf]) {
        guard let base = bytes.baseAddress, bytes.count <= Self.longest else { return nil }
        text = Array(bytes)
        blanks = []
        blanks.reserveCapacity(leaves.count)
        for leaf in leaves {
            guard let place = leaf.text.bytes.baseAddress else { return nil }
            let start = place - base
            blanks.append(
                Blank(
                    start: start,
                    end: start + leaf.text.bytes.count,
                    kind: leaf.kind,
                    meaning: leaf.meaning
                )
            )
        }
    }

    /// Reads the record at `start` when it has this shape, and returns its end; nil when it has not,
    /// and then what is in `fields` means nothing.
    func read(
        _ bytes: UnsafeRawBufferPointer,
        at start: Int,
        into fields: inout LogFields
    ) -> Int? {
        text.withUnsafeBytes { text in
            blanks.withUnsafeBufferPointer { blanks in
                Self.read(bytes, at: start, text, blanks, into: &fields)
            }
        }
    }

    @inline(__always)
    private static func read(
        _ bytes: UnsafeRawBufferPointer,
        at start: Int,
        _ text: UnsafeRawBufferPointer,
        _ blanks: UnsafeBufferPointer<Blank>,
        into fields: inout LogFields
    ) -> Int? {
        var position = start
        var read = 0
        for blank in blanks {
            let between = text.part(read, blank.start)
            guard bytes.matches(between, at: position) else { return nil }
            position += between.count
            guard let value = value(in: bytes, at: position, blank.kind) else { return nil }
            if let meaning = blank.meaning {
                fields.set(meaning.field, value, rank: meaning.rank)
            }
            position += value.bytes.count
            read = blank.end
        }
        let rest = text.part(read, text.count)
        return bytes.matches(rest, at: position) ? position + rest.count : nil
    }

    @inline(__always)
    private static func value(
        in bytes: UnsafeRawBufferPointer,
        at position: Int,
        _ kind: LogLeaf.Kind
    ) -> JSONText? {
        switch kind {
        case .string:
            let plainEnd = JSONString.plainEnd(in: bytes, from: position)
            if plainEnd < bytes.count, bytes[plainEnd] == UInt8(ascii: "\"") {
                return JSONText(bytes: bytes.part(position, plainEnd), isEscaped: false)
            }
            return unusualString(in: bytes, at: position)
        case .number:
            guard let end = JSONNumber.end(in: bytes, from: position) else { return nil }
            return JSONText(bytes: bytes.part(position, end), isEscaped: false)
        // It stands in what is between the values.
        case .null: return JSONText(bytes: bytes.part(position, position), isEscaped: false)
        }
    }

    /// One with escapes, or with other than ASCII in it.
    private static func unusualString(
        in bytes: UnsafeRawBufferPointer,
        at position: Int
    ) -> JSONText? {
        guard let (end, isEscaped) = try? JSONString.end(in: bytes, from: position) else {
            return nil
        }
        return JSONText(bytes: bytes.part(position, end), isEscaped: isEscaped)
    }

    /// Longer ones come seldom, and are not worth a copy.
    private static let longest = 16_384
}

/// The shapes of the last records, the one that fitted last first.
struct RecordShapes {
    private var shapes: [RecordShape] = []
    /// Records that no shape fitted since one did.
    private var misses = 0
    /// How many are remembered.
    private let most: Int

    /// A log has requests with and without some field, and a few other records.
    init(most: Int = 4) { self.most = most }

    /// Reads the record at `start` when it has a known shape, and returns its end.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer,
        at start: Int,
        into fields: inout LogFields
    ) -> Int? {
        for index in shapes.indices {
            fields.removeAll()
            if let end = shapes[index].read(bytes, at: start, into: &fields) {
                if index > 0 { shapes.swapAt(0, index) }
                misses = 0
                return end
            }
        }
        return nil
    }

    /// Remembers the shape of a record that was read in full.
    mutating func learn(_ bytes: UnsafeRawBufferPointer, _ leaves: [LogLeaf]) {
        misses += 1
        // Records that are all different would only be copied in vain.
        guard most > 0, misses <= Self.mostMisses || misses % Self.mostMisses == 0,
            let shape = RecordShape(bytes, leaves)
        else { return }
        if shapes.count < most { shapes.append(shape) } else { shapes[most - 1] = shape }
    }

    private static let mostMisses = 16
}
