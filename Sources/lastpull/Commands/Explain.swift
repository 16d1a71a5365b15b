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
        discussion: "Answers from the ledger alone; the registry need not run."
    )

    @OptionGroup var options: GlobalOptions

    @Option(help: "The registry of the settings; needed where there are several.")
    var registry: String?

    @Argument(help: "REPOSITORY:TAG or REPOSITORY@DIGEST.")
    var image: String

    func run() async throws {
        let deployment = try await options.deployment()
        let target = try deployment.target(named: registry, images: [image])
        let name = try ImageName(image, hosts: ImageName.hosts(of: target))
        guard name.tag != nil || name.digest != nil else {
            throw ValidationError("\(image) is a repository; add :TAG or @DIGEST")
        }
        let answer = try await deployment.explainer.explain(
            name.repository,
            tag: name.tag,
            digest: name.digest,
            of: target
        )
        if options.json { return try Terminal.say(json: json(answer)) }
        Terminal.say("\(image): \(answer.verdict), \(answer.reason): \(answer.detail)")
        if let removedAt = answer.removedAt { Terminal.say("gone since: \(removedAt.text)") }
        if let digest = answer.digest { Terminal.say("digest: \(digest)") }
        Terminal.say(
            "accesses: \(answer.accesses), last \(answer.lastAccess?.text ?? "unknown"); "
                + "covered since \(answer.coveredSince?.text ?? "never")"
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

    private func json(_ answer: Explainer.Answer) -> [String: Any] {
        [
            "image": image,
            "digest": answer.digest?.description ?? NSNull(),
            "verdict": answer.verdict,
            "reason": answer.reason,
            "detail": answer.detail,
            "rules": answer.rules.map {
                ["rule": $0.rule, "holds": $0.holds, "detail": $0.detail] as [String: Any]
            },
            "lastAccess": answer.lastAccess?.milliseconds ?? NSNull(),
            "accesses": answer.accesses,
            "coveredSince": answer.coveredSince?.milliseconds ?? NSNull(),
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
