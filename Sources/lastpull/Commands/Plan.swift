import AccessLedger
import ArgumentParser
import Cleanup
import Daemon
import RegistryModel
import RetentionPlanning

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Shows what would go, why, and how many bytes; removes nothing.",
        discussion: """
            The plan is stored, and printed whole. `lastpull explain IMAGE` says why one stays. Of \
            engines it shows the images that their policies let go; of those a trigger removes as \
            many as it needs, the least recently used first.
            """
    )

    @OptionGroup var options: GlobalOptions
    @OptionGroup var narrow: ScopeOptions

    @Option(help: "Only this engine of the settings.")
    var engine: String?

    @Option(help: "Only the engine of this trigger, and only as much as it would remove now.")
    var trigger: String?

    func validate() throws {
        if engine != nil || trigger != nil, narrow.registry != nil || !narrow.repository.isEmpty {
            throw ValidationError(
                "--engine and --trigger are about engines, --registry and --repository about "
                    + "registries; give one of them"
            )
        }
        guard options.socket == nil else {
            throw ValidationError(
                "plan shows what policies let go, and --socket has none; `lastpull prune --socket "
                    + "PATH --dry-run` shows what nothing uses, or write a settings file"
            )
        }
    }

    func run() async throws {
        let deployment = try await options.deployment()
        let trigger = try trigger.map { try deployment.engineTrigger(named: $0, engine) }
        var scope = try await deployment.scope(narrow, options)
        scope.engine = trigger?.engine ?? engine
        var isWhole = true
        if scope.engine == nil {
            isWhole = try await refresh(scope, deployment)
            options.sayWhatIsUnseen()
            for target in try deployment.cleaner.targets(of: scope) {
                if let warning = try await deployment.warning(of: target) {
                    Terminal.complain("registry \(target.row.name): \(warning)")
                }
            }
        } else {
            scope.registry = nil
        }
        let engines = try await engines(scope, trigger, deployment, &isWhole)
        let run = try await deployment.cleaner.plan(
            scope,
            and: engines,
            cause: .init(name: "plan")
        )
        try RunOutput(run: run).print(asJSON: options.json)
        if !isWhole { throw Outcome.partlyDone }
    }

    /// Lists the registries; where none could be listed there may still be engines to tell of.
    private func refresh(_ scope: CleanupScope, _ deployment: Deployment) async throws -> Bool {
        do {
            return try await deployment.refresh(scope)
        } catch {
            guard try !asked(scope, deployment).isEmpty else { throw error }
            if deployment.targets.count == 1 { Terminal.complain("\(error)") }
            return false
        }
    }

    private func asked(
        _ scope: CleanupScope,
        _ deployment: Deployment
    ) throws -> [EngineTarget] {
        guard narrow.registry == nil, narrow.repository.isEmpty else { return [] }
        return try deployment.enginesToPlan(scope.engine)
    }

    /// What would go from the engines in question.
    ///
    /// One that can't be asked does not stop the others: it is said, and the answer tells.
    private func engines(
        _ scope: CleanupScope,
        _ trigger: Trigger?,
        _ deployment: Deployment,
        _ isWhole: inout Bool
    ) async throws -> [EngineImagePlan] {
        let asked = try asked(scope, deployment)
        var plans: [EngineImagePlan] = []
        var failure: (any Error)?
        for target in asked {
            do {
                plans.append(
                    try await deployment.pruner.imagePlan(
                        of: target,
                        policies: deployment.settings.policies,
                        triggers: deployment.settings.triggers,
                        downTo: trigger
                    )
                )
            } catch {
                if asked.count > 1 || scope.engine == nil && !deployment.targets.isEmpty {
                    Terminal.complain("engine \(target.name): \(error)")
                }
                failure = error
                isWhole = false
            }
        }
        if let failure, plans.isEmpty, scope.engine != nil || deployment.targets.isEmpty {
            throw failure
        }
        return plans
    }
}

extension Deployment {
    /// The engines that a plan is about: the one that is named, else those that have a policy.
    fileprivate func enginesToPlan(_ name: String?) throws -> [EngineTarget] {
        if let name { return [try engine(named: name)] }
        let asked = engines.filter { engine in
            settings.policies.contains { $0.engine == engine.name }
        }
        if asked.isEmpty {
            try refuseWithoutRegistry(
                "plan shows what policies let go, and none has `engine: NAME`; `lastpull prune "
                    + "--dry-run` shows what nothing uses"
            )
        }
        return asked
    }

    /// A trigger that removes images from an engine, or why it is not one.
    fileprivate func engineTrigger(named name: String, _ engine: String?) throws -> Trigger {
        guard let trigger = settings.triggers.first(where: { $0.name == name }) else {
            let known = settings.triggers.filter { $0.engine != nil }.map(\.name)
            throw ValidationError(
                "--trigger \(name) is not in the settings; "
                    + (known.isEmpty
                        ? "no trigger there has an `engine`"
                        : "those of engines are \(known.joined(separator: ", "))")
            )
        }
        guard let own = trigger.engine else {
            throw ValidationError(
                "--trigger \(name) is for registries; `lastpull plan` shows all that may go there, "
                    + "and it removes of that what it needs"
            )
        }
        guard engine == nil || engine == own else {
            throw ValidationError("--trigger \(name) is for engine \(own); leave --engine out")
        }
        guard trigger.clean.contains(.images) else {
            throw ValidationError(
                "--trigger \(name) cleans no images; `lastpull prune --engine \(own) --dry-run` "
                    + "shows what its prune removes"
            )
        }
        return trigger
    }
}
