package import AccessLedger
package import RegistryModel
import RegistryStorage

extension StorageSweeper {
    /// Carries out a sweep that a brake holds, but only what a fresh plan would also take.
    ///
    /// - Throws: `CancellationError` where an interruption came first; the plan goes on waiting.
    package func approve(
        _ name: RunName,
        of target: CleanupTarget
    ) async throws -> RunRecord {
        let lock = try RunLock(ledger: ledger.path, registry: target.row.name)
        defer { withExtendedLifetime(lock) {} }
        let root = try open(target)
        let own = try storageLock(root, target)
        defer { withExtendedLifetime(own) {} }
        try await finishCutOff(target, root)
        guard let run = try await ledger.run(name) else {
            throw CleanupError.unknownRun(name.description)
        }
        try await ledger.checkApproval(of: run)
        if let doubt = try await clock.doubt(at: now()) {
            throw CleanupError.clockInDoubt(run: name, why: "\(doubt)")
        }
        var request = StorageRequest(
            cause: .init(name: run.cause, measured: run.measured),
            scope: try CleanupScope(run.scope),
            kinds: .everything.subtracting(.revisions)
        )
        request.only = Set(run.storage.lazy.map(\.identity))
        var draft = try await draft(request, of: target)
        if interruption.isRaised { throw CancellationError() }
        let fresh = Set(draft.run.storage.lazy.map(\.identity))
        var items = draft.run.storage
        for var item in run.storage where !fresh.contains(item.identity) {
            item.ordinal = items.count
            item.state = .skipped
            item.detail = "a fresh plan would not take it"
            items.append(item)
        }
        try await ledger.replan(name, storage: items, at: now())
        try await ledger.set(.running, of: name, note: run.note, at: now())
        draft.run.name = name
        return try await carryOut(draft, request, target)
    }
}
