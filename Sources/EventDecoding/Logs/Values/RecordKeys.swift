import RegistryModel

/// Names log records by the fields by which they are the same when they are delivered again.
///
/// Per record: `begin`, `add` each field in a fixed order, `finish`.
struct RecordKeys {
    /// Only the first `length` bytes mean anything; it grows and is used again.
    private var fields = [UInt8](repeating: 0, count: 1_024)
    private var length = 0

    mutating func begin(_ time: Timestamp, _ accessClass: AccessClass) {
        length = 0
        add(UInt64(bitPattern: time.milliseconds))
        let number: UInt8 =
            switch accessClass {
            case .pull: 0
            case .resolve: 1
            case .push: 2
            case .delete: 3
            }
        append(number)
    }

    mutating func add(_ field: UnsafeRawBufferPointer) {
        // With the length before it, no field can pass for a part of its neighbour.
        if field.count < 255 {
            append(UInt8(truncatingIfNeeded: field.count))
        } else {
            append(255)
            add(UInt64(field.count))
        }
        makeRoom(for: field.count)
        let start = length
        fields.withUnsafeMutableBytes { target in
            UnsafeMutableRawBufferPointer(rebasing: target[start...]).copyMemory(from: field)
        }
        length += field.count
    }

    mutating func add(_ number: UInt64) {
        makeRoom(for: 8)
        let start = length
        fields.withUnsafeMutableBytes {
            $0.storeBytes(of: number.littleEndian, toByteOffset: start, as: UInt64.self)
        }
        length += 8
    }

    func finish() -> EventKey {
        fields.withUnsafeBytes { EventKey(hashing: $0.part(0, length)) }
    }

    private mutating func append(_ byte: UInt8) {
        makeRoom(for: 1)
        fields[length] = byte
        length += 1
    }

    @inline(__always)
    private mutating func makeRoom(for count: Int) {
        guard length + count > fields.count else { return }
        fields.append(contentsOf: repeatElement(0, count: length + count))
    }
}

/// Tells records of one body apart that are alike in all their fields, by their order.
struct RecordOrdinals {
    private var seen = KeyCounts()

    /// Changes the row's key where the same one came before.
    mutating func number(_ row: inout AccessTable.Row) {
        let earlier = seen.count(row.key)
        guard earlier > 0 else { return }
        var keys = RecordKeys()
        keys.add(row.key.high)
        keys.add(row.key.low)
        keys.add(earlier)
        row.key = keys.finish()
    }
}
