import AccessLedger
import ArgumentParser
import Cleanup
import Daemon
import Foundation
import RegistryModel

struct Approve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Carries out a plan that a brake holds.",
        discussion: "Only what a fresh plan would also remove."
    )

    @OptionGroup var options: GlobalOptions

    @Argument(help: "The run's name, from `lastpull runs`.")
    var run: String

    func run() async throws {
        let deployment = try await options.deployment()
        guard let name = RunName(run) else { throw CleanupError.unknownRun(run) }
        let waiting = try await deployment.ledger.run(name)
        let done =
            if let engine = waiting?.engine.first?.engine {
                try await deployment.interruptibly { cleaner in
                    try await deployment.pruner.approve(
                        name,
                        of: try deployment.engine(named: engine.name),
                        policies: deployment.settings.policies,
                        history: deployment.settings.history,
                        interruption: cleaner.interruption
                    )
                }
            } else if let registry = waiting?.storage.first?.registry {
                try await deployment.interruptibly { cleaner in
                    try await deployment.sweeper.approve(
                        name,
                        of: try cleaner.target(named: registry.name)
                    )
                }
            } else {
                try await deployment.interruptibly { try await $0.approve(name) }
            }
        let output = RunOutput(run: done)
        try output.print(asJSON: options.json)
        throw output.status
    }
}

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Puts back what a run removed, or one image.",
        discussion: """
            Works while the registry still has the blobs: until they are purged, or its garbage \
            collector ran. A sweep of the disk is put back from quarantine.
            """
    )

    @OptionGroup var options: GlobalOptions

    @Option(help: "The registry of the settings; needed for an image where there are several.")
    var registry: String?

    @Argument(help: "A run's name, or an image.")
    var subject: String

    func run() async throws {
        let deployment = try await options.deployment()
        let results = try await restore(deployment)
        try printResults(results)
        let restored = results.count { $0.state == .restored }
        if restored == results.count { return }
        throw restored > 0 ? Outcome.partlyDone : Outcome.failed
    }

    private func restore(_ deployment: Deployment) async throws -> [Restorer.Result] {
        if let name = RunName(subject) { return try await restore(run: name, deployment) }
        guard registry == nil, !deployment.engines.isEmpty else {
            return try await restoreImage(deployment)
        }
        guard !deployment.targets.isEmpty else { return try await wayBack(deployment) }
        do {
            return try await restoreImage(deployment)
        } catch {
            // It may have been an engine's, of which nothing comes back by itself.
            guard let way = try? await wayBack(deployment) else { throw error }
            return way
        }
    }

    /// How an image comes back that a run removed from an engine.
    private func wayBack(_ deployment: Deployment) async throws -> [Restorer.Result] {
        for target in deployment.engines {
            let removal = try await deployment.engineExplainer.removal(of: subject, from: target)
            if let removal { return [Restorer.wayBack(of: removal.item)] }
        }
        throw CleanupError.nothingToRestore(subject)
    }

    private func restoreImage(_ deployment: Deployment) async throws -> [Restorer.Result] {
        let target = try deployment.target(named: registry, images: [subject])
        let image = try ImageName(subject, hosts: ImageName.hosts(of: target))
        guard image.tag != nil || image.digest != nil else {
            throw ValidationError("\(subject) is a repository; name a run, or add :TAG or @DIGEST")
        }
        let swept = try await deployment.sweeper.restore(
            image.repository,
            tag: image.tag,
            digest: image.digest,
            of: target
        )
        guard swept.isEmpty else { return swept }
        return try await deployment.restorer.restore(
            image.repository,
            tag: image.tag,
            digest: image.digest,
            of: target
        )
    }

    private func restore(
        run name: RunName,
        _ deployment: Deployment
    ) async throws -> [Restorer.Result] {
        let run = try await deployment.ledger.run(name)
        if let run, !run.engine.isEmpty { return try Restorer.wayBack(of: run) }
        guard let registry = run?.storage.first?.registry else {
            return try await deployment.restorer.restore(run: name)
        }
        let target = try await target(of: name, registry, deployment)
        let results = try await deployment.sweeper.restore(name, of: target)
        guard !results.isEmpty else {
            throw CleanupError.nothingToRestore("run \(name), which has nothing in quarantine,")
        }
        return results
    }

    /// The registry that a sweep took from, by whatever name it has now.
    private func target(
        of run: RunName,
        _ registry: RegistryRow,
        _ deployment: Deployment
    ) async throws -> CleanupTarget {
        for target in deployment.targets {
            if try await deployment.sweeper.takeOver(target).contains(run) { return target }
        }
        return try deployment.cleaner.target(named: registry.name)
    }

    private func printResults(_ results: [Restorer.Result]) throws {
        if options.json {
            return try Terminal.say(
                json: results.map { result in
                    [
                        "registry": result.registry,
                        "repository": result.repository?.description ?? NSNull(),
                        "tag": result.tag ?? NSNull(),
                        "digest": result.digest?.description ?? NSNull(),
                        "state": result.state.rawValue,
                        "detail": result.detail,
                    ] as [String: Any]
                }
            )
        }
        for result in results {
            let detail = result.detail.isEmpty ? "" : ": \(result.detail)"
            Terminal.say("\(result.state.rawValue)  \(result.subject)\(detail)")
        }
    }
}

struct Runs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "Lists plans and runs, newest first, or shows one item by item."
    )

    @OptionGroup var options: GlobalOptions

    @Argument(help: "A run to show whole.")
    var run: String?

    @Option(help: "How many to list.")
    var limit = 50

    func run() async throws {
        let ledger = try await options.deployment().ledger
        if let run {
            guard let name = RunName(run), let found = try await ledger.run(name) else {
                throw CleanupError.unknownRun(run)
            }
            return try RunOutput(run: found).print(asJSON: options.json)
        }
        let runs = try await ledger.runs(limit: limit)
        if options.json { return try Terminal.say(json: runs.map(Self.json)) }
        if runs.isEmpty { Terminal.say("no runs yet") }
        for summary in runs {
            let run = summary.run
            Terminal.say(
                "\(run.name)  \(run.createdAt.text)  \(run.state.rawValue)  \(run.mode)  "
                    + "\(run.cause)  \(summary.done)/\(summary.items) removed  "
                    + RunOutput.bytes(summary.releasedByIt, of: run)
                    + ", \(ByteCount(summary.reclaimed)) reclaimed"
                    + (run.said.isEmpty ? "" : "  \(run.said)")
            )
        }
    }

    private static func json(_ summary: RunSummary) -> [String: Any] {
        [
            "run": summary.run.name.description,
            "cause": summary.run.cause,
            "measured": summary.run.measured,
            "mode": summary.run.mode,
            "state": summary.run.state.rawValue,
            "note": summary.run.note,
            "createdAt": summary.run.createdAt.milliseconds,
            "endedAt": summary.run.endedAt?.milliseconds ?? NSNull(),
            "items": summary.items,
            "done": summary.done,
            "kept": summary.run.kept,
            "released": summary.releasedByIt,
            "reclaimed": summary.reclaimed,
        ]
    }
}

extension RunSummary {
    /// Bytes that the run itself released: a purge gives back what another has released.
    fileprivate var releasedByIt: Int64 { run.isPurge ? 0 : released }
}
