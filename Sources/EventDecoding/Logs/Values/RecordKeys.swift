import RegistryModel

/// Names log records by the fields by which they are the same when they are delivered again.
///
/// Per record: `begin`, `add` each field in a fixed order, `finish`. A copy must not be used beside
/// the original in between, for both write to the same memory.
struct RecordKeys {
    private var memory = Memory(count: 2_048)
    private var length = 0

    /// Memory that is taken once and used again; a class only to give it back.
    private final class Memory {
        let base: UnsafeMutableRawPointer
        let count: Int

        init(count: Int) {
            base = .allocate(byteCount: count, alignment: 16)
            self.count = count
        }

        deinit { base.deallocate() }
    }

    mutating func begin(_ time: Timestamp, _ accessClass: AccessClass) {
        length = 0
        let number: UInt8 =
            switch accessClass {
            case .pull: 0
            case .resolve: 1
            case .push: 2
            case .delete: 3
            }
        add(UInt64(bitPattern: time.milliseconds))
        append(number)
    }

    @inline(__always)
    mutating func add(_ field: UnsafeRawBufferPointer) {
        makeRoom(for: field.count + 9)
        // With the length before it, no field can pass for a part of its neighbour.
        if field.count < 255 {
            append(UInt8(truncatingIfNeeded: field.count))
        } else {
            append(255)
            add(UInt64(field.count))
        }
        guard let source = field.baseAddress else { return }
        (memory.base + length).copyMemory(from: source, byteCount: field.count)
        length += field.count
    }

    mutating func add(_ number: UInt64) {
        makeRoom(for: 8)
        memory.base.storeBytes(of: number.littleEndian, toByteOffset: length, as: UInt64.self)
        length += 8
    }

    func finish() -> EventKey {
        EventKey(hashing: UnsafeRawBufferPointer(start: memory.base, count: length))
    }

    private mutating func append(_ byte: UInt8) {
        makeRoom(for: 1)
        memory.base.storeBytes(of: byte, toByteOffset: length, as: UInt8.self)
        length += 1
    }

    @inline(__always)
    private mutating func makeRoom(for count: Int) {
        guard length + count > memory.count else { return }
        let larger = Memory(count: (length + count) * 2)
        larger.base.copyMemory(from: memory.base, byteCount: length)
        memory = larger
    }
}

/// Tells records of one body apart that are alike in all their fields, by their order.
struct RecordOrdinals {
    private var seen = KeyCounts()

    /// Changes the row's key where the same one came before.
    mutating func number(_ row: inout AccessTable.Row) {
        row.key = row.key.repeated(seen.count(row.key))
    }
}
