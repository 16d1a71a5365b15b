import RegistryModel

/// What was used how in which hour, by numbers that stand for the names.
struct UseName: Hashable, Sendable {
    var repository: Int32
    /// -1 for none, as with the tag.
    var digest: Int32
    var tag: Int32
    var hour: Int32
    var `class`: AccessClass

    /// Its digest, or its tag, in its repository.
    var placeOfDigest: UInt64 { Self.place(repository, digest) }
    var placeOfTag: UInt64 { Self.place(repository, tag) }

    private static func place(_ high: Int32, _ low: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: high)) << 32 | UInt64(UInt32(bitPattern: low))
    }
}

/// Numbers uses by the order in which they first came: a hash table.
///
/// A log asks for one with each of its lines, which a dictionary takes ten times as long for.
struct UsePlaces: Sendable {
    /// Places plus one, zero for a free slot; a power of two of them, of which half are free.
    private var slots = [Int32](repeating: 0, count: 1_024)
    private var names: [UseName] = []

    /// The place of a use, and whether it came for the first time.
    mutating func place(of name: UseName) -> (place: Int, isNew: Bool) {
        let (place, slot) = find(name)
        if let place { return (place, false) }
        names.append(name)
        slots[slot] = Int32(names.count)
        if names.count * 2 > slots.count { grow() }
        return (names.count - 1, true)
    }

    @inline(__always)
    private func find(_ name: UseName) -> (place: Int?, slot: Int) {
        slots.withUnsafeBufferPointer { slots in
            names.withUnsafeBufferPointer { names in
                let mask = slots.count - 1
                var slot = Self.hash(name) & mask
                while slots[slot] != 0 {
                    let place = Int(slots[slot]) - 1
                    if names[place] == name { return (place, slot) }
                    slot = (slot + 1) & mask
                }
                return (nil, slot)
            }
        }
    }

    private mutating func grow() {
        slots = [Int32](repeating: 0, count: slots.count * 4)
        for (place, name) in names.enumerated() {
            let slot = find(name).slot
            slots[slot] = Int32(place + 1)
        }
    }

    /// The numbers are small, and chosen by nobody.
    @inline(__always)
    private static func hash(_ name: UseName) -> Int {
        let named = word(name.repository, name.digest) &* 0x9E37_79B9_7F4A_7C15
        let used = word(name.tag, name.hour &* 4 &+ number(of: name.class))
        let mixed = (named ^ named >> 32 ^ used) &* 0xC2B2_AE3D_27D4_EB4F
        return Int(truncatingIfNeeded: mixed >> 32)
    }

    private static func word(_ high: Int32, _ low: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: high)) << 32 | UInt64(UInt32(bitPattern: low))
    }

    private static func number(of accessClass: AccessClass) -> Int32 {
        switch accessClass {
        case .pull: 0
        case .resolve: 1
        case .push: 2
        case .delete: 3
        }
    }
}
