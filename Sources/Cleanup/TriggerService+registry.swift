import AccessLedger
import RegistryModel
import RetentionPlanning

// How large a registry is, all its repositories together.
extension TriggerService {
    func considerRegistry(_ trigger: Trigger, _ names: Set<String>) async {
        guard case .registryBytes(let above, let until) = trigger.measure else { return }
        for target in cleaner.targets where names.contains(target.row.name) {
            if let own = trigger.registry, own != target.row.name { continue }
            guard let known = try? await cleaner.ledger.bytes(of: target.row), known > above.bytes,
                let unlisted = try? await cleaner.ledger.unlistedBytes(of: target.row)
            else { continue }
            // They may be gone long ago: others must not go for them.
            let bytes = known - unlisted
            let note = unlisted > 0 ? unlistedNote(unlisted) : ""
            guard bytes > above.bytes else {
                await complain(trigger, target.row.name, "\(bytes) bytes\(note)", ["needed": "0"])
                continue
            }
            consider(
                Firing(
                    trigger: trigger,
                    registry: target.row.name,
                    measured: "\(bytes) bytes\(note)",
                    goal: .release(bytes: bytes - until.bytes),
                    needed: bytes - until.bytes
                )
            )
        }
    }

    private func unlistedNote(_ bytes: Int64) -> String {
        ", without \(bytes) of repositories that could not be listed"
    }
}
