import RegistryModel

/// SipHash-1-3 with 128 bits, of whole words (Aumasson and Bernstein, "SipHash: a fast short-input
/// PRF").
///
/// A pseudorandom function: who does not know the key can't foresee any of its values, nor make two
/// that are alike. One round for a word is what hash tables against hostile input take, too.
struct SipHash {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64

    init(low: UInt64, high: UInt64) {
        v0 = low ^ 0x736F_6D65_7073_6575
        v1 = high ^ 0x646F_7261_6E64_6F6D ^ 0xEE
        v2 = low ^ 0x6C79_6765_6E65_7261
        v3 = high ^ 0x7465_6462_7974_6573
    }

    @inline(__always)
    mutating func add(_ word: UInt64) {
        v3 ^= word
        round()
        v0 ^= word
    }

    /// Adds a field with its length before it: whatever follows, its end is known.
    ///
    /// The first word has the length in its lowest byte, 255 where the next word has it, and seven
    /// bytes of the field; the last word is filled up with zeros.
    @inline(__always)
    mutating func add(_ field: UnsafeRawBufferPointer) {
        // Out of memory, where each round would wait for the one before to be stored.
        var state = self
        let count = field.count
        guard count >= 8 else {
            state.add(field.shortWord << 8 | UInt64(count))
            self = state
            return
        }
        state.add(field.word(at: 0) << 8 | UInt64(min(count, 255)))
        if count >= 255 { state.add(UInt64(count)) }
        var index = 7
        while index + 8 <= count {
            state.add(field.word(at: index))
            index += 8
        }
        if index < count {
            state.add(field.word(at: count - 8) >> UInt64(64 - (count - index) * 8))
        }
        self = state
    }

    /// The hash of all that was added; `count` is any number that tells how much that was.
    func finish(_ count: UInt64) -> EventKey {
        var state = self
        state.add(count << 56)
        state.v2 ^= 0xEE
        state.finalRounds()
        let low = state.v0 ^ state.v1 ^ state.v2 ^ state.v3
        state.v1 ^= 0xDD
        state.finalRounds()
        return EventKey(high: state.v0 ^ state.v1 ^ state.v2 ^ state.v3, low: low)
    }

    @inline(__always)
    private mutating func finalRounds() {
        round()
        round()
        round()
    }

    @inline(__always)
    private mutating func round() {
        v0 &+= v1
        v2 &+= v3
        v1 = Self.rotated(v1, 13) ^ v0
        v3 = Self.rotated(v3, 16) ^ v2
        v0 = Self.rotated(v0, 32)
        v2 &+= v1
        v0 &+= v3
        v1 = Self.rotated(v1, 17) ^ v2
        v3 = Self.rotated(v3, 21) ^ v0
        v2 = Self.rotated(v2, 32)
    }

    @inline(__always)
    private static func rotated(_ word: UInt64, _ bits: UInt64) -> UInt64 {
        word &<< bits | word &>> (64 &- bits)
    }
}

extension UnsafeRawBufferPointer {
    /// All bytes of fewer than eight, the first lowest.
    @inline(__always)
    fileprivate var shortWord: UInt64 {
        switch count {
        case 4...:
            // The two halves may share some bytes.
            return UInt64(halfWord(at: 0)) | UInt64(halfWord(at: count - 4))
                << UInt64((count - 4) * 8)
        case 0: return 0
        default:
            return UInt64(self[0]) | UInt64(self[count / 2]) << UInt64(count / 2 * 8)
                | UInt64(self[count - 1]) << UInt64((count - 1) * 8)
        }
    }
}
