import RegistryModel

/// How often each key was seen: a hash table whose keys are hashes already.
struct KeyCounts: Sendable {
    /// A power of two; a count of zero marks a free place.
    private var places = [Place](repeating: Place(), count: 16)
    private(set) var taken = 0

    private struct Place: Sendable {
        var key = EventKey(high: 0, low: 0)
        var count: UInt64 = 0
    }

    /// Counts `key` and returns how often it had been seen before.
    mutating func count(_ key: EventKey) -> UInt64 {
        if taken * 2 >= places.count { grow() }
        let index = Self.index(of: key, in: places)
        let earlier = places[index].count
        if earlier == 0 {
            places[index].key = key
            taken += 1
        }
        places[index].count = earlier + 1
        return earlier
    }

    /// How often `key` was seen.
    subscript(key: EventKey) -> UInt64 { places[Self.index(of: key, in: places)].count }

    /// Counts a key that was seen before some more times.
    mutating func add(_ more: UInt64, to key: EventKey) {
        places[Self.index(of: key, in: places)].count += more
    }

    private mutating func grow() {
        var larger = [Place](repeating: Place(), count: places.count * 4)
        for place in places where place.count > 0 {
            larger[Self.index(of: place.key, in: larger)] = place
        }
        places = larger
    }

    /// The place of the key, or the free one where it belongs; half of them are always free.
    private static func index(of key: EventKey, in places: [Place]) -> Int {
        var index = Int(truncatingIfNeeded: key.low) & (places.count - 1)
        while places[index].count > 0, places[index].key != key {
            index = (index + 1) & (places.count - 1)
        }
        return index
    }
}
