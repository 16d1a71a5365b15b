import RegistryModel
import RetentionPlanning

/// What has fired for one registry and waits for its turn, first come, first served.
///
/// A trigger that fires again goes to the end, so none comes twice before another that waits; one
/// that fires while it waits keeps its place, with the newer numbers.
struct FiringLine {
    private var order: [String] = []
    /// Places in `order` before this one are over.
    private var first = 0
    private var firings: [String: Firing] = [:]

    var all: [Firing] { Array(firings.values) }

    mutating func append(_ firing: Firing) {
        if firings.updateValue(firing, forKey: firing.key) == nil { order.append(firing.key) }
    }

    mutating func popFirst() -> Firing? {
        guard first < order.count else { return nil }
        let firing = firings.removeValue(forKey: order[first])
        first += 1
        if first * 2 > order.count {
            order.removeFirst(first)
            first = 0
        }
        return firing
    }
}

extension Firing {
    /// The trigger and what it fires for.
    var key: String { "\(trigger.name) \(registry) \(repository?.id ?? 0)" }
}
