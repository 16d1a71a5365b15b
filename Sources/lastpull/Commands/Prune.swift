import AccessLedger
import ArgumentParser
import Cleanup
import Daemon
import Foundation
import RegistryModel
import RegistryStorage

struct Prune: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Frees the registry's disk of what no manifest needs: local prune.",
        discussion: """
            Blobs that nothing refers to, layer links to nothing, stale uploads and empty folders go; \
            tags and manifests stay. What goes is first kept in quarantine for a while, and what is \
            long enough there is purged. --now waives quarantine and grace; it is refused while the \
            registry runs or the disk changes, unless --force is given.
            """
    )

    @OptionGroup var options: GlobalOptions
    @OptionGroup var narrow: ScopeOptions

    @Flag(help: "Plan only.")
    var dryRun = false

    @Flag(help: "Free the bytes at once, of the youngest too: for a registry that is stopped.")
    var now = false

    @Flag(help: "With --now: although the registry answers or its disk changes.")
    var force = false

    func validate() throws {
        if force, !now { throw ValidationError("--force goes with --now") }
    }

    func run() async throws {
        let deployment = try await options.deployment()
        var scope = try await deployment.scope(narrow, options)
        scope.targets = ["storage"]
        scope.waivesEvidence = now
        let targets = try deployment.cleaner.targets(of: scope).filter { $0.storage != nil }
        guard !targets.isEmpty else {
            throw ValidationError(
                "no registry has a storage here; give --storage DIR, or `storage` in the settings"
            )
        }
        let sweep = StorageSweep(
            deployment: deployment,
            request: .init(
                cause: .init(name: "prune"),
                scope: scope,
                kinds: [.blobs, .links, .uploads, .emptyFolders]
            ),
            isDryRun: dryRun,
            isNow: now,
            isForced: force,
            brake: nil
        )
        try await sweep.run(targets, asJSON: options.json)
    }
}

/// A sweep of storage by hand: refuses what is too dangerous, purges what is due, says what it did.
struct StorageSweep {
    let deployment: Deployment
    var request: StorageRequest
    let isDryRun: Bool
    let isNow: Bool
    let isForced: Bool
    let brake: Double?

    func run(_ targets: [CleanupTarget], asJSON: Bool) async throws {
        var runs: [RunRecord] = []
        for target in targets { runs += try await run(target) }
        try RunOutput.print(runs, asJSON: asJSON)
        throw runs.map(\.status).max { $0.rawValue < $1.rawValue } ?? Outcome.done
    }

    /// The runs on one registry: the sweep, and before it the purge of what is due.
    func run(_ target: CleanupTarget) async throws -> [RunRecord] {
        var request = request
        request.isNow = isNow
        request.brake = brake
        if isDryRun { return [try await deployment.sweeper.plan(request, of: target)] }
        if isNow, !isForced { try await refuseWhileInUse(target) }
        var runs: [RunRecord] = []
        if !isNow,
            let purge = try await deployment.sweeper.purge(target, cause: request.cause)
        {
            runs.append(purge)
        }
        let sweep = try await deployment.sweeper.sweep(request, of: target)
        if isNow,
            let purge = try await deployment.sweeper.purge(
                target,
                cause: request.cause,
                isUrgent: true
            )
        {
            runs.append(purge)
        }
        runs.append(try await deployment.ledger.run(sweep.name) ?? sweep)
        return runs
    }

    private func refuseWhileInUse(_ target: CleanupTarget) async throws {
        guard let use = try await deployment.sweeper.use(of: target) else { return }
        throw ValidationError(
            "--now is refused: \(use); stop the registry first, or add --force if you know that "
                + "nobody pushes"
        )
    }
}
