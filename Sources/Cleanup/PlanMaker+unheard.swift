import AccessLedger
package import RegistryModel
import RegistryStorage
package import RetentionPlanning

/// Registry processes on one storage, of which fewer were heard than run.
package struct UnheardProcesses: Sendable, Equatable {
    package var running: Int
    package var heard: Int
    /// Since when the first of them runs.
    package var since: Timestamp
    /// Since when the last of them runs.
    package var complete: Timestamp
}

extension PlanMaker {
    /// What was heard of a registry, less the time in which a process of it ran on its storage that
    /// was never heard: what is pulled through that one, nobody knows.
    package func provenCoverage(
        _ target: CleanupTarget,
        _ now: Timestamp
    ) async throws -> Coverage {
        var coverage = try await coverage(target, now)
        if let unheard = try await unheardProcesses(target, now) {
            coverage.losses.append(KnownLoss(from: unheard.since, to: nil))
        }
        return coverage
    }

    /// The processes that this machine shows, where they are more than were heard since the first of
    /// them began; nil where all were, or where a log tells of what goes through all of them.
    package func unheardProcesses(
        _ target: CleanupTarget,
        _ now: Timestamp
    ) async throws -> UnheardProcesses? {
        guard let path = target.storage, let root = try? StorageRoot(path: path) else {
            return nil
        }
        let processes = RegistryPresence.onStorage(root).processes
        guard processes.count > 1 else { return nil }
        let sources = try await ledger.sources(now: now).filter { $0.registry == target.row.name }
        guard !sources.contains(where: { $0.source == .log }) else { return nil }
        let since = processes.compactMap(\.startedAt).min() ?? now
        let heard = try await ledger.processesHeard(of: target.row, since: since)
        guard heard < processes.count else { return nil }
        return UnheardProcesses(
            running: processes.count,
            heard: heard,
            since: since,
            complete: processes.compactMap(\.startedAt).max() ?? since
        )
    }
}
