import AccessLedger
import RegistryModel
import RetentionPlanning

// Whose turn it is: triggers of one registry take turns, however often one of them fires.
extension TriggerService {
    /// Whether the last run for the same ended so long ago, or by a clock that was ahead, or there was
    /// none.
    func hasRested(_ firing: Firing, for span: Span) -> Bool {
        let time = now()
        return state.ended[firing.key].map { time < $0 || time - $0 >= span } ?? true
    }

    func consider(_ firing: Firing) {
        guard hasRested(firing, for: firing.trigger.cooldown) else { return lookAgain(firing) }
        state.lines[firing.registry, default: FiringLine()].append(firing)
        beginNext(firing.registry)
    }

    /// Has its repository looked at with the next tick.
    func lookAgain(_ firing: Firing) {
        guard let facts = firing.repository,
            let target = try? cleaner.target(named: firing.registry)
        else { return }
        state.waiting.insert(.init(registryId: target.row.id, repositoryId: facts.id))
    }

    /// Begins the cleanup whose turn it is, unless one is under way.
    func beginNext(_ registry: String) {
        while !state.busy.contains(registry), let firing = state.lines[registry]?.popFirst() {
            // It may have fired while it was carried out.
            guard hasRested(firing, for: firing.trigger.cooldown) else {
                lookAgain(firing)
                continue
            }
            state.busy.insert(registry)
            fire.yield(firing)
        }
    }
}
