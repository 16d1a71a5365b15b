package import AccessLedger
package import RegistryModel
import RetentionPlanning

// Plans that wait until somebody approves them.
extension Cleaner {
    /// Carries out a waiting plan, but only what a fresh plan would also remove.
    package func approve(_ name: RunName) async throws -> RunRecord {
        try await resume()
        let scope = try CleanupScope(try await waiting(name).scope)
        let locks = try locks(scope)
        defer { withExtendedLifetime(locks) {} }
        // While the lock was not ours a trigger may have stored a newer plan.
        let run = try await waiting(name)
        if let doubt = try await planMaker.clockDoubt(scope, now()) {
            throw CleanupError.clockInDoubt(run: name, why: doubt)
        }
        let fresh = try await draft(scope, modes: [.enforce], isQuick: true)
        let still = Set(fresh.items.lazy.map(Identity.init))
        for item in run.items where item.isEnforced && !still.contains(Identity(item)) {
            try await ledger.set(
                .skipped,
                of: item,
                in: name,
                detail: "a fresh plan would not remove it",
                at: now()
            )
        }
        let policies = Set(run.items.lazy.filter(\.isEnforced).compactMap(\.policy))
        try await ledger.approved(policies: policies, at: now())
        let current = try await ledger.run(name) ?? run
        _ = try await executor.execute(current, on: targets)
        return try await ledger.run(name) ?? current
    }

    /// A plan that waits for approval.
    private func waiting(_ name: RunName) async throws -> RunRecord {
        guard let run = try await ledger.run(name) else {
            throw CleanupError.unknownRun(name.description)
        }
        try await ledger.checkApproval(of: run)
        return run
    }

    /// What an item removes, whichever plan it is of.
    private struct Identity: Hashable {
        var repositoryId: Int64
        var tag: TagName?
        var digest: Digest?

        init(_ item: RunItem) {
            repositoryId = item.repositoryId
            tag = item.tag
            digest = item.digest
        }
    }

    /// The right to clean every registry of a scope, for as long as the result lives.
    func locks(_ scope: CleanupScope) throws -> [RunLock] {
        try targets(of: scope).map { try RunLock(ledger: ledger.path, registry: $0.row.name) }
    }
}
