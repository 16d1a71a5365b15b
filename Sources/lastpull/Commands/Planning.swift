import AccessLedger
import ArgumentParser
import Cleanup
import Daemon
import Foundation
import RegistryClients
import RegistryModel
import RegistryStorage
import RetentionPlanning

struct Clean: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean",
        abstract: "Removes now what the policies allow; a policy that observes only plans.",
        discussion: "The options narrow what policies allow, they never widen it."
    )

    @OptionGroup var options: GlobalOptions
    @OptionGroup var narrow: ScopeOptions

    @Option(help: "Only what was pushed longer ago, such as 30d.")
    var olderThan: String?

    @Option(help: "At most this many images.")
    var max: Int?

    @Flag(help: "Plan only.")
    var dryRun = false

    func validate() throws {
        if options.isWithoutSettings {
            throw ValidationError(
                "clean obeys policies, and --url has none; write a settings file, or use sweep or delete"
            )
        }
        if let olderThan, Span(olderThan) == nil {
            throw ValidationError("--older-than \(olderThan): write a time such as 30d or 12h")
        }
        if let max, max < 1 { throw ValidationError("--max \(max): write a number from 1") }
    }

    func run() async throws {
        let deployment = try await options.deployment()
        try deployment.refuseWithoutRegistry(
            "clean removes from registries; an engine's images go by a trigger with `engine`, and "
                + "`lastpull plan` shows which"
        )
        var scope = try await deployment.scope(narrow, options)
        scope.olderThanMilliseconds = olderThan.flatMap { Span($0) }?.milliseconds
        scope.maximum = max
        let isWhole = try await deployment.refresh(scope)
        let run =
            dryRun
            ? try await deployment.cleaner.plan(scope, cause: .init(name: "clean"))
            : try await deployment.interruptibly { cleaner in
                try await cleaner.clean(scope, cause: .init(name: "clean"))
            }
        let output = RunOutput(run: run)
        try output.print(asJSON: options.json)
        throw isWhole || output.status != Outcome.done ? output.status : Outcome.partlyDone
    }
}

struct Sweep: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep",
        abstract: """
            Removes manifests that no tag, no index and no referrer's subject holds, and their blobs \
            where the registry's disk is here.
            """,
        discussion: """
            Only what is untagged long enough and was not accessed, over time that was heard whole. \
            From a disk it goes into quarantine first; what is long enough there is purged. --now \
            waives all that; it is refused while the registry answers or its disk changes, unless \
            --force is given, because somebody may just be pushing. Over the registry's API alone it \
            always needs --force.
            """
    )

    @OptionGroup var options: GlobalOptions
    @OptionGroup var narrow: ScopeOptions

    @Argument(help: "Only these repositories.")
    var repositories: [String] = []

    @Flag(help: "Plan only.")
    var dryRun = false

    @Flag(help: "Waive the time since untagging, accesses and their coverage.")
    var now = false

    @Flag(help: "With --now: although the registry answers.")
    var force = false

    func validate() throws {
        if force, !now { throw ValidationError("--force goes with --now") }
        for name in repositories where RepositoryName(name) == nil {
            throw ValidationError(
                "\(name.debugDescription) is not a repository name, such as team/api"
            )
        }
    }

    func run() async throws {
        let deployment = try await options.deployment()
        try deployment.refuseWithoutRegistry(
            "sweep works on registries; `lastpull prune` removes what nothing uses in an engine"
        )
        var scope = try await deployment.scope(narrow, options)
        scope.repositories += repositories
        scope.targets = ["untagged"]
        scope.waivesEvidence = now
        let targets = try deployment.cleaner.targets(of: scope)
        if targets.contains(where: { $0.storage != nil }) {
            return try await sweepStorage(targets, scope, deployment)
        }
        if now, !force { try await deployment.refuseWhileAnswering(scope) }
        let isWhole = try await deployment.refresh(scope)
        try await deployment.refuseUnknown(repositories, scope)
        options.sayWhatIsUnseen()
        let run =
            dryRun
            ? try await deployment.cleaner.plan(scope, cause: .init(name: "sweep"))
            : try await deployment.interruptibly { cleaner in
                try await cleaner.clean(scope, cause: .init(name: "sweep"))
            }
        let output = RunOutput(run: run)
        try output.print(asJSON: options.json)
        throw isWhole || output.status != Outcome.done ? output.status : Outcome.partlyDone
    }
}

extension Sweep {
    /// Sweeps manifests by what the policies say, then what that leaves on the disk.
    ///
    /// With `--now`, or where only the disk is known, no policy and no history is asked.
    private func sweepStorage(
        _ targets: [CleanupTarget],
        _ scope: CleanupScope,
        _ deployment: Deployment
    ) async throws {
        var counted: [RunName: Int64] = [:]
        var statuses: [ExitCode] = []
        let (runs, isCutShort) = try await deployment.interruptibly(
            over: targets,
            isDryRun: dryRun
        ) { target, runs in
            var scope = scope
            scope.registry = target.row.name
            var manifests: ManifestSweep?
            if !now, !target.url.isEmpty {
                _ = try await deployment.cleaner.interruption.run { [scope] in
                    try await deployment.refresh(scope)
                }
                manifests =
                    dryRun
                    ? try await deployment.foretellManifests(scope)
                    : try await deployment.sweepManifests(scope, target)
            }
            if let run = manifests?.run, target.storage == nil { return runs.append(run) }
            if let run = manifests?.run, deployment.cleaner.interruption.isRaised {
                runs.append(run)
                throw CancellationError()
            }
            let first = runs.count
            let released =
                try await storageSweep(scope, manifests, deployment).run(target, &runs)
                .merging(manifests?.released ?? [:]) { $1 }
            for index in runs.indices[first...] where !runs[index].isPurge {
                statuses.append(runs[index].status(after: manifests?.run))
                let run = runs[index].after(manifests?.run)
                counted[run.name] = run.released(of: released)
                runs[index] = run
            }
        }
        try RunOutput.print(runs, counted: counted, asJSON: options.json)
        throw ([runs.status(isCutShort: isCutShort)] + statuses).worst
    }

    private func storageSweep(
        _ scope: CleanupScope,
        _ manifests: ManifestSweep?,
        _ deployment: Deployment
    ) -> StorageSweep {
        var scope = scope
        scope.targets = ["untagged", "storage"]
        var request = StorageRequest(
            cause: .init(name: "sweep"),
            scope: scope,
            kinds: .everything
        )
        request.condemned.allUntagged = now
        if let goes = manifests?.goes {
            request.condemned.revisions.formUnion(goes)
            request.manifestsGoBefore = true
        }
        return StorageSweep(
            deployment: deployment,
            request: request,
            isDryRun: dryRun,
            isNow: now,
            isForced: force,
            brake: options.isWithoutSettings || now ? nil : deployment.storageBrake(scope.registry)
        )
    }
}

extension Deployment {
    /// The share of a registry's bytes that one sweep takes without approval: the largest that a
    /// policy for it names, else the standard.
    func storageBrake(_ registry: String?) -> Double {
        settings.policies
            .filter { policy in registry.map(policy.concerns) ?? (policy.engine == nil) }
            .compactMap(\.brake.bytes).max() ?? StorageRequest.standardBrake
    }

    func scope(_ narrow: ScopeOptions, _ options: GlobalOptions) async throws -> CleanupScope {
        var scope = CleanupScope()
        scope.registry = narrow.registry ?? (targets.count == 1 ? targets[0].row.name : nil)
        scope.repositories = narrow.repository
        scope.sweepDefault = options.isWithoutSettings
        _ = try cleaner.targets(of: scope)
        return scope
    }

    /// Lists the registries in question anew: events keep the ledger current only while we listen.
    ///
    /// One that can't be listed does not stop the others: it is said, and the answer tells. Of a
    /// repository that can't be listed the plan says so.
    ///
    /// - Returns: Whether all that the scope is about could be listed.
    /// - Throws: When none could.
    func refresh(_ scope: CleanupScope) async throws -> Bool {
        try await noteTrust()
        let all = try cleaner.targets(of: scope)
        var failures: [any Error] = []
        var isWhole = true
        for target in all {
            do {
                let left = try await keeper.list(target)
                isWhole =
                    isWhole
                    && !left.contains { cleaner.planMaker.concerns($0, of: target.row, in: scope) }
            } catch {
                failures.append(error)
                if all.count > 1 { Terminal.complain("registry \(target.row.name): \(error)") }
            }
        }
        if let failure = failures.first, failures.count == all.count { throw failure }
        return failures.isEmpty && isWhole
    }

    /// Refuses a command about registries where there are only engines, and says what helps.
    func refuseWithoutRegistry(_ advice: String) throws {
        guard targets.isEmpty, !engines.isEmpty else { return }
        throw ValidationError("there is no registry here, only engines: \(advice)")
    }

    func refuseWhileAnswering(_ scope: CleanupScope) async throws {
        for target in try cleaner.targets(of: scope) {
            do {
                try await target.client.ping()
            } catch {
                continue
            }
            throw ValidationError(
                "--now is refused while \(target.url) answers, since a push may be under way. "
                    + "This sweep goes through the registry's API, which has to answer for it, so "
                    + "--now always needs --force here: see that nobody pushes, then add it"
            )
        }
    }

    /// Refuses names that the listing has not found: nothing would be done, and look like success.
    func refuseUnknown(_ names: [String], _ scope: CleanupScope) async throws {
        for text in names {
            guard let name = RepositoryName(text) else { continue }
            var isKnown = false
            for target in try cleaner.targets(of: scope) where !isKnown {
                isKnown = try await !ledger.rows(of: [name], in: target.row).isEmpty
            }
            guard isKnown else { throw CleanupError.unknownRepository(text) }
        }
    }
}
