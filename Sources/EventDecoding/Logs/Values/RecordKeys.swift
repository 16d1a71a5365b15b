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

/// Tells records apart that are alike in all their fields, by their order.
///
/// A log that comes in pieces keeps one for all of them: lines have whole seconds, so that the next
/// piece may begin with one like the last.
package struct RecordOrdinals: Sendable {
    private var current = KeyCounts()
    private var previous = KeyCounts()

    package init() {}

    /// Changes the row's key where the same one came before.
    mutating func number(_ row: inout AccessTable.Row) {
        if current.count >= Self.most {
            previous = current
            current = KeyCounts()
        }
        let base = row.key
        let earlier = current.count(base, from: previous.isEmpty ? 0 : previous.counted(base))
        guard earlier > 0 else { return }
        var keys = RecordKeys()
        keys.add(base.high)
        keys.add(base.low)
        keys.add(earlier)
        row.key = keys.finish()
    }

    /// Half of the records that are remembered: some seconds of the busiest log, 3 MB.
    private static let most = 65_536
}
