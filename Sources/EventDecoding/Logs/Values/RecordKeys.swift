import RegistryModel

/// Names log records by the fields by which they are the same when they are delivered again.
///
/// Per record: `begin`, `add` each field in a fixed order, `finish`.
struct RecordKeys {
    private var fields: [UInt8] = []

    mutating func begin(_ time: Timestamp, _ accessClass: AccessClass) {
        fields.removeAll(keepingCapacity: true)
        add(UInt64(bitPattern: time.milliseconds))
        switch accessClass {
        case .pull: fields.append(0)
        case .resolve: fields.append(1)
        case .push: fields.append(2)
        case .delete: fields.append(3)
        }
    }

    mutating func add(_ field: UnsafeRawBufferPointer) {
        // With the length before it, no field can pass for a part of its neighbour.
        if field.count < 255 {
            fields.append(UInt8(truncatingIfNeeded: field.count))
        } else {
            fields.append(255)
            add(UInt64(field.count))
        }
        fields.append(contentsOf: field)
    }

    mutating func add(_ number: UInt64) {
        withUnsafeBytes(of: number.littleEndian) { fields.append(contentsOf: $0) }
    }

    func finish() -> EventKey { fields.withUnsafeBytes { EventKey(hashing: $0) } }
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
