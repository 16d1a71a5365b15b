package import RegistryModel

/// What the removals of a sweep come to, gathered in one go: there are tens of thousands.
package struct StorageSums: Sendable {
    package private(set) var count = 0
    package private(set) var states: [RunItem.State: Int] = [:]
    /// Bytes of what is planned.
    package private(set) var planned: Int64 = 0
    /// Bytes of what is out of the registry's sight.
    package private(set) var released: Int64 = 0
    /// Bytes that were really given back.
    package private(set) var reclaimed: Int64 = 0
    /// Bytes of what is in quarantine.
    package private(set) var quarantined: Int64 = 0
    /// How much of that the registry's descriptor cache may still know.
    package private(set) var unforgotten = 0

    package init(_ items: PackedList<StorageItem>) {
        for item in items { add(item) }
    }

    /// How many are out of the registry's sight.
    package var taken: Int { (states[.done] ?? 0) + (states[.quarantined] ?? 0) }

    private mutating func add(_ item: StorageItem) {
        count += 1
        states[item.state, default: 0] += 1
        reclaimed += item.reclaimed
        if item.state == .planned { planned += item.bytes }
        if item.isTaken { released += item.bytes }
        guard item.state == .quarantined else { return }
        quarantined += item.bytes
        if !item.isForgotten { unforgotten += 1 }
    }
}
