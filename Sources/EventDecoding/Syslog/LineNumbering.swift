package import RegistryModel

/// Tells equal records of a stream apart that did not arrive together.
///
/// A decoder numbers equal records within the bytes that it is given; this goes on counting from one
/// delivery to the next, for as long as equal records of one second take to arrive. In doubt a record
/// counts.
package struct LineNumbering: Sendable {
    private var recent = KeyCounts()
    private var earlier = KeyCounts()

    package init() {}

    /// Gives every access that is equal to an earlier one a key of its own.
    package mutating func number(_ accesses: inout [Access]) {
        for index in accesses.indices { accesses[index].key = number(accesses[index].key) }
    }

    private mutating func number(_ key: EventKey) -> EventKey {
        if recent.taken >= Self.most {
            earlier = recent
            recent = KeyCounts()
        }
        var count = recent.count(key)
        if count == 0 {
            // Taken over, so that it is not forgotten while it is still seen.
            count = earlier[key]
            if count > 0 { recent.add(count, to: key) }
        }
        return count == 0 ? key : Self.key(key, numbered: count)
    }

    private static func key(_ key: EventKey, numbered number: UInt64) -> EventKey {
        withUnsafeTemporaryAllocation(byteCount: 24, alignment: 8) { bytes in
            bytes.storeBytes(of: key.high.littleEndian, toByteOffset: 0, as: UInt64.self)
            bytes.storeBytes(of: key.low.littleEndian, toByteOffset: 8, as: UInt64.self)
            bytes.storeBytes(of: number.littleEndian, toByteOffset: 16, as: UInt64.self)
            return EventKey(hashing: UnsafeRawBufferPointer(bytes))
        }
    }

    /// Almost what the fastest sender has in a second; the table takes 6 MB then.
    private static let most = 131_000
}
