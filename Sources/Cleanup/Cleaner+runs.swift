package import AccessLedger
import Logging
package import RegistryModel
import RetentionPlanning

// Plans that were stored before: approved by hand, or cut off by a kill.
extension Cleaner {
    /// Carries out a waiting plan, but only what a fresh plan would also remove.
    package func approve(_ name: RunName) async throws -> RunRecord {
        try await resume()
        guard let run = try await ledger.run(name) else {
            throw CleanupError.unknownRun(name.description)
        }
        guard run.state == .waiting else {
            throw CleanupError.notWaiting(run: name, state: run.state.rawValue)
        }
        let scope = try CleanupScope(run.scope)
        let locks = try locks(scope)
        defer { withExtendedLifetime(locks) {} }
        let fresh = try await draft(scope, modes: [.enforce], isQuick: true)
        let still = Set(fresh.items.map(Self.identity))
        for item in run.items where item.isEnforced && !still.contains(Self.identity(item)) {
            try await ledger.set(
                .skipped,
                of: item,
                in: name,
                detail: "a fresh plan would not remove it",
                at: now()
            )
        }
        let policies = run.items.filter(\.isEnforced).compactMap(\.policy)
        try await ledger.approved(policies: Set(policies), at: now())
        let current = try await ledger.run(name) ?? run
        _ = try await executor.execute(current, on: targets)
        return try await ledger.run(name) ?? current
    }

    private static func identity(_ item: RunItem) -> [String] {
        [
            "\(item.repositoryId)", item.tag?.description ?? "", item.digest?.description ?? "",
        ]
    }

    /// Finishes the runs that a kill has left behind; each is compared again item by item.
    ///
    /// So are removals that failed half way, with a tag on a throw-away manifest.
    package func resume() async throws {
        let names = try await ledger.runs(in: .running)
        for name in try await names + ledger.halfDoneRuns() {
            guard let run = try await ledger.run(name), run.isOfRegistry else { continue }
            let registries = Set(run.items.map(\.registry.name))
            let here = targets.filter { registries.contains($0.row.name) }
            do {
                let locks = try here.map {
                    try RunLock(ledger: ledger.path, registry: $0.row.name)
                }
                defer { withExtendedLifetime(locks) {} }
                // Whoever held the locks may have finished it meanwhile.
                guard let current = try await ledger.run(name)?.reopened() else { continue }
                logger.notice("finishing a run that was cut off", metadata: ["run": "\(name)"])
                _ = try await executor.execute(current, on: here, note: "finished after a restart")
            } catch CleanupError.alreadyRunning {
                // Another process is carrying it out right now.
                continue
            }
        }
    }

    /// The right to clean every registry of a scope, for as long as the result lives.
    func locks(_ scope: CleanupScope) throws -> [RunLock] {
        try targets(of: scope).map { try RunLock(ledger: ledger.path, registry: $0.row.name) }
    }
}
