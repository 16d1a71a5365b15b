import AccessLedger
import RegistryClients
import RegistryModel
import RegistryStorage

// How it is proven later that a registry has forgotten what waits in quarantine.
extension StorageSweeper {
    /// A registry that was started after the quarantine began, or runs no more, has no memory of it.
    func proveByRestart(
        _ runs: [RunName],
        _ target: CleanupTarget,
        _ root: StorageRoot
    ) async throws {
        for name in try await forgottenByRestart(runs, target, root) {
            guard let record = try await ledger.run(name) else { continue }
            try await ledger.forgotten(
                storageItems: record.storage.filter { $0.state == .quarantined }.map(\.ordinal),
                in: name
            )
        }
    }

    /// The runs of which no registry that runs now has seen what they took.
    private func forgottenByRestart(
        _ runs: [RunName],
        _ target: CleanupTarget,
        _ root: StorageRoot
    ) async throws -> [RunName] {
        let presence = RegistryPresence.onStorage(root)
        let isSilent = await !doesAnswer(target)
        let heard = try await ledger.processesHeard(of: target.row, since: now() - .hours(1))
        // Processes elsewhere have caches of their own.
        guard heard <= presence.processes.count || heard <= 1 else { return [] }
        var forgotten: [RunName] = []
        for name in runs {
            let taken = try await ledger.takenAt(name)
                .map { MachineMoment(boot: $0.boot, uptime: $0.uptime) }
            if presence.provesForgetting(since: taken, isSilent) { forgotten.append(name) }
        }
        return forgotten
    }

    /// Asks once more for what the registry did not forget when it was taken.
    func proveByAsking(
        _ runs: [RunName],
        _ target: CleanupTarget,
        _ root: StorageRoot
    ) async throws {
        var open: [RunName: [StorageItem]] = [:]
        for name in runs {
            let items = try await ledger.run(name)?.storage ?? []
            open[name] = items.filter { $0.state == .quarantined && !$0.isForgotten }
        }
        guard open.values.contains(where: { !$0.isEmpty }),
            case .api(let client) = await forgetWay(target, RegistryPresence.onStorage(root))
        else { return }
        let references = LedgerReferences(ledger: ledger)
        let time = now()
        let all = Array(open.values.joined())
        let again = try await offPool {
            try WantedAgain.mark(
                root,
                references,
                taken: all.compactMap(\.revision),
                links: all.compactMap(\.takenLink),
                now: time
            )
        }
        for (name, items) in open {
            guard let record = try await ledger.run(name) else { continue }
            let dropped = try await Self.contents(name, root)
            // What somebody has linked since is left to the look before the purge.
            let items = items.filter { item in
                let files = dropped.files(of: item).map(\.path)
                return !again.wants(item, files, since: record.createdAt)
            }
            let removals = try await offPool {
                try items.map { item in
                    let links = item.digest.map { again.links(to: $0) } ?? []
                    return Forgettable(
                        blob: item.kind == .blob ? item.digest : nil,
                        links: try item.isShared
                            ? [item.sharedLink(in: root)].compactMap(\.self)
                            : links.filter { item.owns(link: $0.path) },
                        dropped: dropped.droppedLinks(of: item).compactMap(\.repository),
                        isShared: item.isShared
                    )
                }
            }
            let proven = try await forget(
                removals,
                Set(removals.indices),
                of: name,
                root,
                client,
                isFirst: false
            )
            try await ledger.forgotten(
                storageItems: proven.map { items[$0].ordinal },
                in: name
            )
        }
    }

    /// Says that the registry has forgotten all that was taken, where that was in doubt.
    func endStaleCache(_ target: CleanupTarget) async throws {
        let all = try await ledger.quarantines(of: target.row).map(\.run)
        guard try await held(in: all).allSatisfy(\.isForgotten) else { return }
        try await end(.staleCache, of: target) { event in
            guard let run = event.attributes["run"].flatMap({ RunName($0) }),
                let items = try await ledger.run(run)?.storage
            else { return true }
            let open = items.filter {
                $0.state != .skipped && !$0.isForgotten && $0.kind != .upload
            }
            // What went at once can't be asked for: only a restart proves that it is forgotten.
            guard !open.isEmpty else { return true }
            guard open.allSatisfy({ $0.state == .done }), let root = try? self.open(target) else {
                return false
            }
            return try await !forgottenByRestart([run], target, root).isEmpty
        }
    }

    /// What runs have in quarantine.
    func held(in runs: [RunName]) async throws -> [StorageItem] {
        var items: [StorageItem] = []
        for name in runs {
            items +=
                try await ledger.run(name)?.storage.filter { $0.state == .quarantined } ?? []
        }
        return items
    }
}
