/// Numbers texts by the order in which they first came: a hash table from bytes.
struct TextIndex: Sendable {
    /// Numbers plus one, zero for a free place; a power of two of them.
    private var places = [Int32](repeating: 0, count: 16)
    private var hashes: [UInt64] = []
    private var ends: [Int] = [0]
    private var storage: [UInt8] = []

    var count: Int { hashes.count }

    /// The number of `bytes`, and whether they came for the first time.
    mutating func number(of bytes: UnsafeRawBufferPointer) -> (number: Int, isNew: Bool) {
        let hash = bytes.seededHash
        var index = Int(truncatingIfNeeded: hash) & (places.count - 1)
        while places[index] != 0 {
            let number = Int(places[index]) - 1
            if hashes[number] == hash, isText(number, bytes) { return (number, false) }
            index = (index + 1) & (places.count - 1)
        }
        places[index] = Int32(hashes.count + 1)
        hashes.append(hash)
        storage.append(contentsOf: bytes)
        ends.append(storage.count)
        if hashes.count * 2 > places.count { grow() }
        return (hashes.count - 1, true)
    }

    /// The number of `bytes` where they came before.
    func existing(_ bytes: UnsafeRawBufferPointer) -> Int? {
        let hash = bytes.seededHash
        var index = Int(truncatingIfNeeded: hash) & (places.count - 1)
        while places[index] != 0 {
            let number = Int(places[index]) - 1
            if hashes[number] == hash, isText(number, bytes) { return number }
            index = (index + 1) & (places.count - 1)
        }
        return nil
    }

    /// Takes the newest text out again.
    mutating func removeLast() {
        guard let hash = hashes.popLast() else { return }
        var index = Int(truncatingIfNeeded: hash) & (places.count - 1)
        while Int(places[index]) != hashes.count + 1 { index = (index + 1) & (places.count - 1) }
        // It came last, so no other text was pushed aside by it.
        places[index] = 0
        ends.removeLast()
        storage.removeLast(storage.count - (ends.last ?? 0))
    }

    private func isText(_ number: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let start = ends[number]
        guard ends[number + 1] - start == bytes.count else { return false }
        return storage.withUnsafeBytes { stored in
            stored.matches(bytes, at: start)
        }
    }

    private mutating func grow() {
        var larger = [Int32](repeating: 0, count: places.count * 4)
        for (number, hash) in hashes.enumerated() {
            var index = Int(truncatingIfNeeded: hash) & (larger.count - 1)
            while larger[index] != 0 { index = (index + 1) & (larger.count - 1) }
            larger[index] = Int32(number + 1)
        }
        places = larger
    }
}

extension UnsafeRawBufferPointer {
    /// Whether all of `other` stands at `offset`; false where it would not fit.
    @inline(__always)
    func matches(_ other: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        let length = other.count
        guard offset + length <= count else { return false }
        guard length >= 8 else {
            for index in 0..<length where self[offset + index] != other[index] { return false }
            return true
        }
        var index = 0
        while index + 8 <= length {
            guard word(at: offset + index) == other.word(at: index) else { return false }
            index += 8
        }
        // The last eight bytes once more, so that no byte is compared alone.
        return word(at: offset + length - 8) == other.word(at: length - 8)
    }

    /// A hash that nobody outside can foresee: texts that meet in a table cannot be chosen.
    var seededHash: UInt64 {
        var hash = hashSeed ^ UInt64(truncatingIfNeeded: count)
        var index = 0
        while index + 8 <= count {
            hash = Self.folded(hash ^ word(at: index), 0x9E37_79B9_7F4A_7C15)
            index += 8
        }
        var rest: UInt64 = 0
        while index < count {
            rest = rest << 8 | UInt64(self[index])
            index += 1
        }
        return Self.folded(hash ^ rest, hashSeed | 1)
    }

    @inline(__always)
    private static func folded(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}

private let hashSeed = UInt64.random(in: .min ... .max)
