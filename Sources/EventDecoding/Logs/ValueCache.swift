/// A small memory of values by the text they were made from: each text has one place in it, and
/// the newest there stays.
struct ValueCache<Value> {
    private var slots: [Slot?]

    private struct Slot {
        var text: String
        var value: Value
    }

    init(slots count: Int) { slots = Array(repeating: nil, count: count) }

    /// The value of `bytes`, made with `make` unless it is remembered; what makes none is not.
    mutating func value(of bytes: UnsafeRawBufferPointer, _ make: (String) -> Value?) -> Value? {
        let index = Int(truncatingIfNeeded: Self.mix(bytes) % UInt64(slots.count))
        if let slot = slots[index], Self.isEqual(slot.text, bytes) { return slot.value }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let value = make(text) else { return nil }
        slots[index] = Slot(text: text, value: value)
        return value
    }

    /// Whether the text's bytes are these; a repaired text never is.
    private static func isEqual(_ text: String, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard text.utf8.count == bytes.count else { return false }
        return text.utf8.withContiguousStorageIfAvailable { stored in
            let other = UnsafeRawBufferPointer(stored)
            var index = 0
            while index + 8 <= bytes.count {
                guard other.word(at: index) == bytes.word(at: index) else { return false }
                index += 8
            }
            while index < bytes.count {
                guard other[index] == bytes[index] else { return false }
                index += 1
            }
            return true
        } ?? false
    }

    /// Spreads texts over the places; who makes them meet there only makes it slower.
    private static func mix(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = UInt64(truncatingIfNeeded: bytes.count)
        if bytes.count >= 8 {
            hash ^= bytes.word(at: bytes.count - 8) &* 0x9E37_79B9_7F4A_7C15
            hash ^= bytes.word(at: (bytes.count - 8) / 2) &* 0xC2B2_AE3D_27D4_EB4F
        } else {
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        }
        hash ^= hash >> 32
        return (hash &* 0x9E37_79B9_7F4A_7C15) >> 33
    }
}
