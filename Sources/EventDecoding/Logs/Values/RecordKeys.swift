import RegistryModel

/// Names log records by the fields by which they are the same when they are delivered again.
///
/// Per record: `begin`, `add` each field in a fixed order, `finish`. A copy must not be used beside
/// the original in between, for both may write to the same memory.
struct RecordKeys {
    private let seed: SipHash?
    private var hash: SipHash
    /// How many fields were added.
    private var count: UInt64 = 0
    private var text = RecordText()

    init(_ naming: RecordNaming) {
        switch naming {
        case .digest: seed = nil
        case .keyed(let low, let high): seed = SipHash(low: low, high: high)
        }
        hash = seed ?? SipHash(low: 0, high: 0)
    }

    mutating func begin(_ time: Timestamp, _ accessClass: AccessClass) {
        let number: UInt8 =
            switch accessClass {
            case .pull: 0
            case .resolve: 1
            case .push: 2
            case .delete: 3
            }
        guard let seed else {
            text.begin()
            text.add(UInt64(bitPattern: time.milliseconds))
            return text.append(number)
        }
        hash = seed
        hash.add(UInt64(bitPattern: time.milliseconds))
        hash.add(UInt64(number))
        count = 2
    }

    @inline(__always)
    mutating func add(_ field: UnsafeRawBufferPointer) {
        guard seed != nil else { return text.add(field) }
        hash.add(field)
        count &+= 1
    }

    mutating func add(_ number: UInt64) {
        guard seed != nil else { return text.add(number) }
        hash.add(number)
        count &+= 1
    }

    func finish() -> EventKey { seed == nil ? text.key : hash.finish(count) }
}

/// The fields of a record one after the other, to be hashed as a whole.
private struct RecordText {
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

    mutating func begin() { length = 0 }

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

    var key: EventKey {
        EventKey(hashing: UnsafeRawBufferPointer(start: memory.base, count: length))
    }

    mutating func append(_ byte: UInt8) {
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
