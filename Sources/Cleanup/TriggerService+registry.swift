import AccessLedger
import RegistryModel
import RetentionPlanning

// How large a registry is, all its repositories together; and how things are right before a run.
extension TriggerService {
    func considerRegistry(_ trigger: Trigger, _ names: Set<String>) async {
        for target in cleaner.targets where names.contains(target.row.name) {
            if let firing = await registryFiring(trigger, target) { consider(firing) }
        }
    }

    private func registryFiring(_ trigger: Trigger, _ target: CleanupTarget) async -> Firing? {
        guard case .registryBytes(let above, let until) = trigger.measure else { return nil }
        if let own = trigger.registry, own != target.row.name { return nil }
        guard let known = try? await cleaner.ledger.bytes(of: target.row), known > above.bytes,
            let unlisted = try? await cleaner.ledger.unlistedBytes(of: target.row)
        else { return nil }
        // They may be gone long ago: others must not go for them.
        let bytes = known - unlisted
        let note = unlisted > 0 ? unlistedNote(unlisted) : ""
        guard bytes > above.bytes else {
            await complain(trigger, target.row.name, "\(bytes) bytes\(note)", ["needed": "0"])
            return nil
        }
        return Firing(
            trigger: trigger,
            registry: target.row.name,
            measured: "\(bytes) bytes\(note)",
            goal: .release(bytes: bytes - until.bytes),
            needed: bytes - until.bytes
        )
    }

    /// The same firing as things are now; nil where it would not fire any more.
    func measuredAgain(_ firing: Firing, _ target: CleanupTarget) async throws -> Firing? {
        if let repository = firing.repository {
            let facts = try await cleaner.ledger.repositories([repository.id])[repository.id]
            guard let facts else { return nil }
            return await self.firing(firing.trigger, facts)
        }
        switch firing.trigger.measure {
        case .registryBytes: return await registryFiring(firing.trigger, target)
        // Where the disk is swept first, it is measured after that.
        case .volume where !firing.trigger.clean.contains(.storage):
            var firing = firing
            firing.needed = max(0, await excess(firing, target))
            firing.goal = .release(bytes: firing.needed)
            return firing.needed > 0 ? firing : nil
        case .volume(let path, let above, let until, let critical):
            return await volumeFiring(firing.trigger, target, path, above, until, critical)
        case .every(let interval):
            return await isDue(firing.trigger, target, interval, now()) ? firing : nil
        default: return firing
        }
    }

    private func unlistedNote(_ bytes: Int64) -> String {
        ", without \(bytes) of repositories that could not be listed"
    }
}
