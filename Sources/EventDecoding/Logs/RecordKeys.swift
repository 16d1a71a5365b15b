import RegistryModel

/// Names the log records of one body by the fields by which they are the same when they are
/// delivered again, and equal ones by their order.
///
/// Per record: `begin`, `add` each field in a fixed order, `finish`.
struct RecordKeys {
    private var fields: [UInt8] = []
    private var seen = KeyCounts()

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

    mutating func add(_ field: JSONText?) {
        guard let field else {
            fields.append(0)
            return
        }
        guard field.isEscaped else { return add(field.bytes) }
        JSONString.unescape(field.bytes).withUnsafeBytes { add($0) }
    }

    mutating func add(_ number: UInt64) {
        withUnsafeBytes(of: number.littleEndian) { fields.append(contentsOf: $0) }
    }

    mutating func finish() -> EventKey {
        let key = fields.withUnsafeBytes { EventKey(hashing: $0) }
        let earlier = seen.count(key)
        guard earlier > 0 else { return key }
        add(earlier)
        return fields.withUnsafeBytes { EventKey(hashing: $0) }
    }
}
