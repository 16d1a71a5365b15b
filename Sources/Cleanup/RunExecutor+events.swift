import AccessLedger
import RegistryModel

extension RunExecutor {
    /// One prune event for each registry and kind of thing that was removed (design, section 5.10).
    ///
    /// Over the API nothing is freed on the registry's disk: `reclaimed` is what really came back.
    static func events(
        of run: RunRecord,
        _ outcomes: [RunOutcome],
        besides told: [RunOutcome] = [],
        at time: Timestamp
    ) -> [PruneEvent] {
        let done = outcomes.filter { $0.state == .done }
        let byPlace = Dictionary(grouping: done) { [$0.registry, $0.kind] }
        return byPlace.keys.sorted { $0.lexicographicallyPrecedes($1) }.compactMap { key in
            let own = byPlace[key] ?? []
            let before = told.filter {
                $0.state == .done && $0.registry == key[0] && $0.kind == key[1]
            }
            let count = own.reduce(0) { $0 + $1.count } - before.reduce(0) { $0 + $1.count }
            let bytes = own.reduce(0) { $0 + $1.bytes } - before.reduce(0) { $0 + $1.bytes }
            guard count > 0 else { return nil }
            let policies = Set(own.compactMap(\.policy)).sorted().joined(separator: ",")
            return PruneEvent(
                type: key[1],
                action: "prune",
                actor: key[0],
                attributes: [
                    "reclaimed": "0",
                    "released": "\(bytes)",
                    "registry": key[0],
                    "run": run.name.description,
                    "trigger": run.cause,
                    "measured": run.measured,
                    "policy": policies,
                    "items": "\(count)",
                    "mode": "enforce",
                ],
                time: time
            )
        }
    }
}
