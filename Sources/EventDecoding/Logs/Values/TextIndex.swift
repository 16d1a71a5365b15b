/// Numbers texts by the order in which they first came: a hash table from bytes.
struct TextIndex: Sendable {
    /// Numbers plus one, zero for a free place; a power of two of them.
    private var places = [Int32](repeating: 0, count: 16)
    private var texts: [Text] = []
    private var storage: [UInt8] = []
    /// The number that a text had which is expected to come again.
    private var latest = 0

    /// Where in `storage` a text lies.
    private struct Text {
        var hash: UInt64
        var start: Int
        var count: Int
    }

    var count: Int { texts.count }

    /// How many all texts have together.
    var bytes: Int { storage.count }

    /// The number of `bytes`, and whether they came for the first time.
    mutating func number(of bytes: UnsafeRawBufferPointer) -> (number: Int, isNew: Bool) {
        let hash = bytes.seededHash
        let (number, place) = find(bytes, hash)
        if let number { return (number, false) }
        places[place] = Int32(texts.count + 1)
        texts.append(Text(hash: hash, start: storage.count, count: bytes.count))
        storage.append(contentsOf: bytes)
        if texts.count * 2 > places.count { grow() }
        return (texts.count - 1, true)
    }

    /// The same for what mostly is the same text as before.
    mutating func number(
        ofRepeated bytes: UnsafeRawBufferPointer
    ) -> (number: Int, isNew: Bool) {
        if isText(Int32(latest), bytes) { return (latest, false) }
        let found = number(of: bytes)
        latest = found.number
        return found
    }

    /// Whether `bytes` are the text of that number; false for one that is not given.
    @inline(__always)
    func isText(_ number: Int32, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard number >= 0, number < texts.count else { return false }
        let text = texts[Int(number)]
        return text.count == bytes.count
            && storage.withUnsafeBytes { $0.matches(bytes, at: text.start) }
    }

    /// The number of `bytes` where they came before.
    func existing(_ bytes: UnsafeRawBufferPointer) -> Int? { find(bytes, bytes.seededHash).number }

    /// The number of `bytes`, or the free place where it belongs; half of them are always free.
    @inline(__always)
    private func find(
        _ bytes: UnsafeRawBufferPointer,
        _ hash: UInt64
    ) -> (number: Int?, place: Int) {
        places.withUnsafeBufferPointer { places in
            texts.withUnsafeBufferPointer { texts in
                storage.withUnsafeBytes { storage in
                    let mask = places.count - 1
                    var place = Int(truncatingIfNeeded: hash) & mask
                    while places[place] != 0 {
                        let number = Int(places[place]) - 1
                        let text = texts[number]
                        if text.hash == hash, text.count == bytes.count,
                            storage.matches(bytes, at: text.start)
                        {
                            return (number, place)
                        }
                        place = (place + 1) & mask
                    }
                    return (nil, place)
                }
            }
        }
    }

    /// Takes the newest text out again.
    mutating func removeLast() {
        guard let text = texts.popLast() else { return }
        var place = Int(truncatingIfNeeded: text.hash) & (places.count - 1)
        while Int(places[place]) != texts.count + 1 { place = (place + 1) & (places.count - 1) }
        // It came last, so no other text was pushed aside by it.
        places[place] = 0
        storage.removeLast(text.count)
    }

    private mutating func grow() {
        var larger = [Int32](repeating: 0, count: places.count * 4)
        for (number, text) in texts.enumerated() {
            var place = Int(truncatingIfNeeded: text.hash) & (larger.count - 1)
            while larger[place] != 0 { place = (place + 1) & (larger.count - 1) }
            larger[place] = Int32(number + 1)
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
            guard length < 4 else {
                // The two halves may share some bytes.
                return halfWord(at: offset) == other.halfWord(at: 0)
                    && halfWord(at: offset + length - 4) == other.halfWord(at: length - 4)
            }
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
        let seed = hashSeed
        var hash = seed ^ UInt64(truncatingIfNeeded: count)
        var index = 0
        while index + 8 <= count {
            hash = Self.folded(hash ^ word(at: index), 0x9E37_79B9_7F4A_7C15)
            index += 8
        }
        guard index < count else { return Self.folded(hash, seed | 1) }
        guard count < 8 else {
            // With some bytes that were hashed before.
            return Self.folded(hash ^ word(at: count - 8), seed | 1)
        }
        var rest: UInt64 = 0
        while index < count {
            rest = rest << 8 | UInt64(self[index])
            index += 1
        }
        return Self.folded(hash ^ rest, seed | 1)
    }

    @inline(__always)
    private static func folded(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}

private let hashSeed = UInt64.random(in: .min ... .max)
