import RegistryModel

/// The fields of a log record by which it is the same record when it is delivered again.
struct RecordFields {
    private(set) var bytes: [UInt8] = []

    init(time: Timestamp, class: AccessClass) {
        bytes.reserveCapacity(512)
        add(UInt64(bitPattern: time.milliseconds))
        add(`class`.rawValue.utf8.first ?? 0)
        add(UInt8(truncatingIfNeeded: `class`.rawValue.utf8.count))
    }

    mutating func add(_ field: UnsafeRawBufferPointer) {
        // With the length before it, no field can pass for a part of its neighbour.
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: field.count).littleEndian) {
            bytes.append(contentsOf: $0)
        }
        bytes.append(contentsOf: field)
    }

    mutating func add(_ field: JSONText?) {
        guard let field else { return add(UnsafeRawBufferPointer(start: nil, count: 0)) }
        field.withBytes { add($0) }
    }

    mutating func add(_ number: UInt64) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func add(_ byte: UInt8) { bytes.append(byte) }
}

/// Names the log records of one body, equal ones by their order.
struct RecordKeys {
    private var seen: [EventKey: UInt64] = [:]

    mutating func key(of fields: RecordFields) -> EventKey {
        let key = fields.bytes.withUnsafeBytes { EventKey(hashing: $0) }
        let ordinal = seen[key, default: 0]
        seen[key] = ordinal + 1
        guard ordinal > 0 else { return key }
        var numbered = fields
        numbered.add(ordinal)
        return numbered.bytes.withUnsafeBytes { EventKey(hashing: $0) }
    }
}
