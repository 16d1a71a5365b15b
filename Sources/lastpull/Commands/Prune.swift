import AccessLedger
import ArgumentParser
import Cleanup
import Daemon
import Foundation
import RegistryModel
import RegistryStorage

struct Prune: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Frees the registry's disk and the engine's of what nothing needs: local prune.",
        discussion: """
            On a registry's disk blobs go that nothing refers to, layer links to nothing, stale \
            uploads and empty folders; tags and manifests stay. What goes is first kept in \
            quarantine for a while, and what is long enough there is purged. --now waives quarantine \
            and grace; it is refused while the registry runs or the disk changes, unless --force is \
            given.

            In an engine (Docker, Podman) stopped containers go, networks and volumes that no \
            container has, images without a tag, and unused build cache; never what is in use. With \
            --filter or --type only engines are pruned.

            Where a registry has a `garbageCollect`, that collector is run, and not beside pushes; \
            --now accepts them.
            """
    )

    @OptionGroup var options: GlobalOptions
    @OptionGroup var narrow: ScopeOptions

    @Option(help: "Only this engine of the settings.")
    var engine: String?

    @Option(
        name: .customLong("type"),
        help: "What of an engine: images, containers, networks, volumes or buildCache; repeatable."
    )
    var types: [String] = []

    @Option(
        help: """
            Narrows what goes from an engine: until=24h, label=K[=V], label!=K[=V]; dangling=false \
            also takes images with tags, all=true also volumes with names.
            """
    )
    var filter: [String] = []

    @Flag(help: "Plan only.")
    var dryRun = false

    @Flag(help: "Free the bytes at once, of the youngest too: for a registry that is stopped.")
    var now = false

    @Flag(help: "With --now: although the registry answers or its disk changes.")
    var force = false

    func validate() throws {
        if force, !now { throw ValidationError("--force goes with --now") }
        if engine != nil, narrow.registry != nil {
            throw ValidationError("--engine and --registry exclude each other; give one of them")
        }
    }

    func run() async throws {
        let settings = try options.settings()
        // Whatever is wrong with a filter is said before anything runs.
        let requests = try EngineRequests(self, settings).all
        let deployment = try await Deployment(settings, logger: options.logger)
        let storages = try await storages(deployment)
        guard !storages.isEmpty || !requests.isEmpty else { throw nothingToPrune(settings) }
        // A signal ends a plan at once: it has nothing to report.
        guard !dryRun else { return try await prune(storages, requests, deployment) }
        try await deployment.interruptibly { _ in
            try await prune(storages, requests, deployment)
        }
    }

    private func prune(
        _ storages: [CleanupTarget],
        _ requests: [EngineRequests.Item],
        _ deployment: Deployment
    ) async throws {
        var (runs, isCutShort) = try await deployment.inTurn(storages) { target, runs in
            guard target.garbageCollect == nil else {
                return runs.append(try await collect(target, deployment))
            }
            try await sweep(deployment).run(target, &runs)
        }
        try RunOutput.print(runs, asJSON: options.json)
        if isCutShort || !storages.isEmpty && deployment.cleaner.interruption.isRaised {
            throw runs.status(isCutShort: isCutShort || !requests.isEmpty)
        }
        for run in try await EnginePrune(deployment: deployment, isDryRun: dryRun, isNow: now)
            .run(requests)
        {
            try RunOutput(run: run).print(asJSON: options.json)
            runs.append(run)
        }
        throw runs.status()
    }

    /// The registries whose disk is to be pruned, too.
    private func storages(_ deployment: Deployment) async throws -> [CleanupTarget] {
        guard engine == nil, types.isEmpty, filter.isEmpty, !deployment.targets.isEmpty else {
            return []
        }
        var scope = CleanupScope()
        scope.registry = narrow.registry
        return try deployment.cleaner.targets(of: scope).filter(\.givesBack)
    }

    /// Runs a registry's own collector; what it says goes to standard error.
    private func collect(
        _ target: CleanupTarget,
        _ deployment: Deployment
    ) async throws -> RunRecord {
        if let warning = try await deployment.warning(of: target) {
            Terminal.complain("registry \(target.row.name): \(warning)")
        }
        return try await deployment.collector.collect(
            target,
            cause: .init(name: "prune"),
            isDryRun: dryRun,
            acceptsPushes: now,
            say: { Terminal.complain(lines: $0) }
        )
    }

    private func sweep(_ deployment: Deployment) async throws -> StorageSweep {
        var scope = try await deployment.scope(narrow, options)
        scope.targets = ["storage"]
        scope.waivesEvidence = now
        return StorageSweep(
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
    }

    private func nothingToPrune(_ settings: Settings) -> ValidationError {
        if !filter.isEmpty || !types.isEmpty || engine != nil {
            return ValidationError(
                "--filter, --type and --engine are for engines, and none is to be pruned; give "
                    + "--socket PATH, or an engine with `prune` in the settings"
            )
        }
        return ValidationError(
            "no registry has a storage here, and no engine is to be pruned; give --storage DIR or "
                + "--socket PATH, or `storage` or an engine's `prune` in the settings"
        )
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

    /// Adds the runs on one registry: the sweep, and before it the purge of what is due.
    ///
    /// - Throws: `CancellationError` where an interruption came before the sweep had begun.
    ///
    /// - Returns: Bytes of the blobs in a plan that manifests release which are to go before.
    @discardableResult
    func run(
        _ target: CleanupTarget,
        _ runs: inout [RunRecord]
    ) async throws -> [Digest: Int64] {
        var request = request
        request.isNow = isNow
        request.brake = brake
        if isDryRun {
            let (run, released) = try await foretold(request, target)
            runs.append(run)
            return released
        }
        if isNow, !isForced { try await refuseWhileInUse(target) }
        try await deployment.sweeper.takeOver(target)
        if !isNow,
            let purge = try await deployment.sweeper.purge(target, cause: request.cause)
        {
            runs.append(purge)
        }
        var sweep = try await deployment.sweeper.sweep(request, of: target)
        if isNow,
            let purge = try await deployment.sweeper.purge(
                target,
                cause: request.cause,
                isUrgent: true
            )
        {
            runs.append(purge)
        }
        if isNow, sweep.storage.contains(where: { $0.state == .quarantined }) {
            // The purge has given back what the sweep had in quarantine, or a part of it.
            sweep = try await deployment.sweeper.settle(sweep)
        }
        runs.append(sweep)
        return [:]
    }

    /// The plan, with what would refuse to carry it out now.
    private func foretold(
        _ request: StorageRequest,
        _ target: CleanupTarget
    ) async throws -> (run: RunRecord, releasedBefore: [Digest: Int64]) {
        var (run, released) = try await deployment.sweeper.plan(request, of: target)
        guard isNow, !isForced, let use = try await deployment.sweeper.use(of: target) else {
            return (run, released)
        }
        run.note = [run.note, "--now would be refused without --force: \(use)"]
            .filter { !$0.isEmpty }.joined(separator: "; ")
        return (run, released)
    }

    private func refuseWhileInUse(_ target: CleanupTarget) async throws {
        guard let use = try await deployment.sweeper.use(of: target) else { return }
        throw ValidationError(
            "--now is refused: \(use); stop the registry first, or add --force if you know that "
                + "nobody pushes"
        )
    }
}
