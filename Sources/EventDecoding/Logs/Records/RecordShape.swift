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
/// is as good JSON as that one was. What nobody asks for is mostly equal too, and then passed over
/// with what is around it.
///
/// It owns its memory, and is freed by hand: a million records are held against it in a second, and
/// each would count a reference.
struct RecordShape {
    private let text: UnsafeRawBufferPointer
    private let blanks: UnsafeBufferPointer<Blank>

    private struct Blank {
        var start: Int
        var end: Int
        var kind: LogLeaf.Kind
        var isEscaped: Bool
        var field: LogField
        /// 0 for what nobody asks for.
        var rank: Int8
        /// The first blank from here on that somebody asks for; the number of blanks for none.
        var nextAsked: Int
    }

    /// Remembers the record `bytes` with the values `leaves`, which are in their order.
    init?(_ bytes: UnsafeRawBufferPointer, _ leaves: [LogLeaf]) {
        guard let base = bytes.baseAddress, bytes.count <= Self.longest else { return nil }
        var blanks: [Blank] = []
        for leaf in leaves {
            guard let place = leaf.text.bytes.baseAddress else { return nil }
            let start = place - base
            blanks.append(
                Blank(
                    start: start,
                    end: start + leaf.text.bytes.count,
                    kind: leaf.kind,
                    isEscaped: leaf.text.isEscaped,
                    field: leaf.meaning?.field ?? .text,
                    rank: leaf.meaning?.rank ?? 0,
                    nextAsked: leaves.count
                )
            )
        }
        var asked = blanks.count
        for index in blanks.indices.reversed() {
            if blanks[index].rank > 0 { asked = index }
            blanks[index].nextAsked = asked
        }
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
        copy.copyMemory(from: bytes)
        text = UnsafeRawBufferPointer(copy)
        let places = UnsafeMutableBufferPointer<Blank>.allocate(capacity: blanks.count)
        _ = places.initialize(from: blanks)
        self.blanks = UnsafeBufferPointer(places)
    }

    func free() {
        text.deallocate()
        blanks.deallocate()
    }

    /// Reads the record at `start` when it has this shape, and returns its end; nil when it has not,
    /// and then what is in `fields` means nothing.
    @inline(__always)
    func read(
        _ bytes: UnsafeRawBufferPointer,
        at start: Int,
        into fields: inout LogFields
    ) -> Int? {
        var position = start
        // What was read of the shape, and the next blank of it.
        var read = 0
        var index = 0
        while index < blanks.count {
            let next = blanks[index].nextAsked
            if next > index {
                let end = next < blanks.count ? blanks[next].start : text.count
                if bytes.matches(text.part(read, end), at: position) {
                    position += end - read
                    read = end
                    index = next
                    continue
                }
            }
            let blank = blanks[index]
            guard bytes.matches(text.part(read, blank.start), at: position) else { return nil }
            position += blank.start - read
            guard let value = value(in: bytes, at: position, blank) else { return nil }
            if blank.rank > 0 { fields.set(blank.field, value, rank: blank.rank) }
            position += value.bytes.count
            read = blank.end
            index += 1
        }
        let rest = text.part(read, text.count)
        return bytes.matches(rest, at: position) ? position + rest.count : nil
    }

    @inline(__always)
    private func value(
        in bytes: UnsafeRawBufferPointer,
        at position: Int,
        _ blank: Blank
    ) -> JSONText? {
        switch blank.kind {
        case .string:
            // Many values come again; with its quote, an equal one needs no reading.
            let end = position + blank.end - blank.start
            if bytes.matches(text.part(blank.start, blank.end + 1), at: position) {
                return JSONText(bytes: bytes.part(position, end), isEscaped: blank.isEscaped)
            }
            let plainEnd = JSONString.plainEnd(in: bytes, from: position)
            if plainEnd < bytes.count, bytes[plainEnd] == UInt8(ascii: "\"") {
                return JSONText(bytes: bytes.part(position, plainEnd), isEscaped: false)
            }
            return Self.unusualString(in: bytes, at: position)
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
