/// Digests numbered in the order in which they came, from 0.
///
/// A hash table over arrays: 32 bytes a digest and about 8 for finding it. The arrays are never
/// copied to grow, so that a million digests need no more than that at any moment.
struct DigestTable: Sendable {
    /// All full but the last.
    private var chunks: [[PackedDigest]] = []
    private(set) var count = 0
    /// Numbers, counted from 1, where 0 is a free slot; as many as a power of two.
    private var slots: [UInt32] = Array(repeating: 0, count: 1 << 10)
    private let seed: (UInt64, UInt64)

    /// The seed keeps whoever chooses digests from choosing where they go.
    init() {
        var random = SystemRandomNumberGenerator()
        seed = (random.next(), random.next())
    }

    subscript(number: UInt32) -> PackedDigest {
        chunks[Int(number >> Self.chunkBits)][Int(number & Self.chunkMask)]
    }

    /// The number of `digest`, or nil when it has none.
    func number(of digest: PackedDigest) -> UInt32? {
        let found = slots[slot(of: digest)]
        return found == 0 ? nil : found - 1
    }

    /// The number of `digest`, a new one when it has none.
    mutating func add(_ digest: PackedDigest) -> UInt32 {
        var place = slot(of: digest)
        if slots[place] != 0 { return slots[place] - 1 }
        if (count + 1) * 4 > slots.count * 3 {
            grow()
            place = slot(of: digest)
        }
        if count & Int(Self.chunkMask) == 0 {
            chunks.append([])
            if count > 0 { chunks[chunks.count - 1].reserveCapacity(1 << Self.chunkBits) }
        }
        chunks[chunks.count - 1].append(digest)
        count += 1
        slots[place] = UInt32(count)
        return UInt32(count - 1)
    }

    /// The slot that holds `digest`, or else the free one where it belongs.
    private func slot(of digest: PackedDigest) -> Int {
        let product = (digest.words.0 ^ seed.0).multipliedFullWidth(by: digest.words.1 ^ seed.1)
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: product.high ^ product.low) & mask
        while slots[place] != 0, self[slots[place] - 1] != digest {
            place = (place + 1) & mask
        }
        return place
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        for number in 0..<UInt32(count) { slots[slot(of: self[number])] = number + 1 }
    }

    private static let chunkBits: UInt32 = 12
    private static let chunkMask: UInt32 = 1 << chunkBits - 1
}

/// A set of small numbers.
struct NumberSet: Sendable {
    private var words: [UInt64] = []

    func contains(_ number: UInt32) -> Bool {
        let index = Int(number >> 6)
        return index < words.count && words[index] >> UInt64(number & 63) & 1 == 1
    }

    /// Adds `number`, and says whether it is new.
    @discardableResult
    mutating func insert(_ number: UInt32) -> Bool {
        let index = Int(number >> 6)
        if index >= words.count {
            words.append(
                contentsOf: repeatElement(0, count: index + 1 - words.count + words.count / 2)
            )
        }
        let bit: UInt64 = 1 << UInt64(number & 63)
        guard words[index] & bit == 0 else { return false }
        words[index] |= bit
        return true
    }
}
