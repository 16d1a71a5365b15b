import RegistryModel

/// The keys of log records within one span of time, and to whom each belongs.
///
/// A table with open addressing: keys are hashes already, and a million of them are asked for a
/// second.
struct KeySet {
    /// A free place has owner zero.
    private struct Slot {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var owner: UInt32 = 0
    }

    /// A power of two; at most half of them are taken.
    private var slots = [Slot](repeating: Slot(), count: 256)
    private(set) var count = 0
    /// Where to go on with records that are equal to many before, by the half of the key that they
    /// share; each would else be held against all of them.
    private var latest: [UInt64: (key: EventKey, owner: UInt32)] = [:]

    /// Who has it that was known before the reading of any log began.
    static let known: UInt32 = 1

    /// Adds a key that was recorded before, unless it is here.
    mutating func load(_ key: EventKey) {
        let place = place(of: key)
        guard slots[place].owner == 0 else { return }
        fill(place, key, Self.known)
    }

    /// Takes one more record of the log `owner`, and returns its key, and whether it is new.
    ///
    /// An equal record of the same log is another one; an equal one of another log, or of an earlier
    /// reading, is the same, delivered twice. The `n`th equal record is held against the `n`th that
    /// is known.
    mutating func take(_ first: EventKey, by owner: UInt32) -> (key: EventKey, isNew: Bool) {
        let place = place(of: first)
        switch slots[place].owner {
        case 0:
            fill(place, first, owner)
            return (first, true)
        case owner: return takeRepeated(first, by: owner)
        default:
            slots[place].owner = owner
            return (first, false)
        }
    }

    /// Says of a key that the log `owner` has had it.
    mutating func own(_ key: EventKey, by owner: UInt32) {
        load(key)
        slots[place(of: key)].owner = owner
    }

    private mutating func takeRepeated(
        _ first: EventKey,
        by owner: UInt32
    ) -> (key: EventKey, isNew: Bool) {
        var key = first.repeated()
        if let latest = latest[first.high], latest.owner == owner { key = latest.key.repeated() }
        while slots[place(of: key)].owner == owner { key = key.repeated() }
        latest[first.high] = (key, owner)
        let place = place(of: key)
        guard slots[place].owner == 0 else {
            slots[place].owner = owner
            return (key, false)
        }
        fill(place, key, owner)
        return (key, true)
    }

    func contains(_ key: EventKey) -> Bool { slots[place(of: key)].owner != 0 }

    private mutating func fill(_ place: Int, _ key: EventKey, _ owner: UInt32) {
        slots[place] = Slot(high: key.high, low: key.low, owner: owner)
        count += 1
        if count * 2 > slots.count { grow() }
    }

    private func place(of key: EventKey) -> Int {
        slots.withUnsafeBufferPointer { slots in
            let mask = slots.count - 1
            // Repeated keys share the high half, and must not form one long row.
            var index = Int(truncatingIfNeeded: (key.high &+ key.low) >> 17) & mask
            while slots[index].owner != 0,
                slots[index].low != key.low || slots[index].high != key.high
            {
                index = (index &+ 1) & mask
            }
            return index
        }
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: old.count * 4)
        for slot in old where slot.owner != 0 {
            slots[place(of: EventKey(high: slot.high, low: slot.low))] = slot
        }
    }
}
