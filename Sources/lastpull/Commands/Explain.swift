import AccessLedger
import ArgumentParser
import Cleanup
import Daemon
import Foundation
import RegistryModel
import RetentionPlanning

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Says why an image stays, would go, or is gone.",
        discussion: """
            Answers from the ledger alone; the registry need not run. Of an image that an engine has, \
            the engine is asked.
            """
    )

    @OptionGroup var options: GlobalOptions

    @Option(help: "The registry of the settings; needed where there are several.")
    var registry: String?

    @Option(help: "The engine of the settings, for an image that it has or had.")
    var engine: String?

    @Argument(help: "REPOSITORY:TAG or REPOSITORY@DIGEST; in an engine also an id.")
    var image: String

    func validate() throws {
        if engine != nil, registry != nil {
            throw ValidationError("--engine and --registry exclude each other; give one of them")
        }
        if image.isEmpty {
            throw ValidationError("the image has no name; write it like team/api:1.4.2")
        }
    }

    func run() async throws {
        let answer = try await answer(try await options.deployment())
        if options.json { return try Terminal.say(json: json(answer)) }
        Terminal.say("\(image): \(answer.verdict), \(answer.reason): \(answer.detail)")
        if let removedAt = answer.removedAt { Terminal.say("gone since: \(removedAt.text)") }
        if let digest = answer.digest { Terminal.say("digest: \(digest)") }
        if let engine = answer.engine { Terminal.say("engine: \(engine)") }
        Terminal.say(
            "accesses: \(answer.accesses), last \(answer.lastAccess?.text ?? "unknown")"
                + Self.coverage(answer)
        )
        if let restore = answer.restore { Terminal.say("back: \(restore)") }
        if let regret = answer.regret {
            Terminal.say(
                "asked for since: \(regret.requests) times, last \(regret.lastAt.text) by "
                    + Regrets.asker(regret)
            )
        }
        for rule in answer.rules {
            Terminal.say("  \(rule.holds ? "keeps" : "    -")  \(rule.rule): \(rule.detail)")
        }
    }

    private static func coverage(_ answer: Explainer.Answer) -> String {
        guard answer.engine != nil else {
            guard let since = answer.coveredSince else { return "; covered since never" }
            guard let until = answer.coveredUntil else { return "; covered since \(since.text)" }
            return "; covered from \(since.text) to \(until.text)"
        }
        return answer.coveredSince.map { "; known since \($0.text)" } ?? ""
    }

    /// Asks the registry that is meant, and where that knows no such image, the engines.
    private func answer(_ deployment: Deployment) async throws -> Explainer.Answer {
        if engine != nil || registry == nil && deployment.targets.isEmpty {
            if deployment.engines.isEmpty { _ = try deployment.target(named: nil) }
            return try await answerOfEngines(deployment)
        }
        do {
            return try await answerOfRegistry(deployment)
        } catch {
            guard registry == nil, !deployment.engines.isEmpty else { throw error }
            guard let answer = try await answerOfEngines(afterRegistry: deployment) else {
                throw error
            }
            return answer
        }
    }

    private func answerOfEngines(_ deployment: Deployment) async throws -> Explainer.Answer {
        try await deployment.inEngines(image, engine) {
            try await deployment.engineExplainer.explain(image, of: $0)
        }
    }

    /// The answer of engines after a registry had none; nil, said, where they can't be asked either.
    private func answerOfEngines(
        afterRegistry deployment: Deployment
    ) async throws -> Explainer.Answer? {
        do {
            return try await answerOfEngines(deployment)
        } catch is CleanupError {
            return nil
        } catch {
            Terminal.complain("\(error)")
            return nil
        }
    }

    private func answerOfRegistry(_ deployment: Deployment) async throws -> Explainer.Answer {
        let target = try deployment.target(named: registry, images: [image])
        let name = try ImageName(image, hosts: ImageName.hosts(of: target))
        guard name.tag != nil || name.digest != nil else {
            throw ValidationError("\(image) is a repository; add :TAG or @DIGEST")
        }
        return try await deployment.explainer.explain(
            name.repository,
            tag: name.tag,
            digest: name.digest,
            of: target
        )
    }

    private func json(_ answer: Explainer.Answer) -> [String: Any] {
        [
            "image": image,
            "digest": answer.digest?.description ?? NSNull(),
            "engine": answer.engine ?? NSNull(),
            "verdict": answer.verdict,
            "reason": answer.reason,
            "detail": answer.detail,
            "rules": answer.rules.map {
                ["rule": $0.rule, "holds": $0.holds, "detail": $0.detail] as [String: Any]
            },
            "lastAccess": answer.lastAccess?.milliseconds ?? NSNull(),
            "accesses": answer.accesses,
            "coveredSince": answer.coveredSince?.milliseconds ?? NSNull(),
            "coveredUntil": answer.coveredUntil?.milliseconds ?? NSNull(),
            "run": answer.run?.description ?? NSNull(),
            "trigger": answer.cause ?? NSNull(),
            "policy": answer.policy ?? NSNull(),
            "removedAt": answer.removedAt?.milliseconds ?? NSNull(),
            "restorable": answer.isRestorable ?? NSNull(),
            "restore": answer.restore ?? NSNull(),
            "regret": answer.regret.map(Regrets.json) ?? NSNull(),
        ]
    }
}

extension Deployment {
    /// The first answer of an engine about an image: of the one that is named, else of any.
    ///
    /// One that can't be asked does not stop the others, unless nobody knows an answer.
    func inEngines<Answer>(
        _ image: String,
        _ name: String?,
        _ ask: (EngineTarget) async throws -> Answer?
    ) async throws -> Answer {
        let asked = try name.map { [try engine(named: $0)] } ?? engines
        var failure: (any Error)?
        for target in asked {
            do {
                if let answer = try await ask(target) { return answer }
            } catch {
                failure = error
            }
        }
        throw failure ?? CleanupError.unknownEngineImage(image, engines: asked.map(\.name))
    }
}
