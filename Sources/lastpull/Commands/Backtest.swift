import ArgumentParser
import Cleanup
import Daemon
import Foundation
import RegistryModel
import RetentionPlanning

struct Backtest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest",
        abstract:
            "Replays a policy over the past: what would have gone, and what was asked for later.",
        discussion: """
            Once for each day, from the ledger alone; nothing is removed, and the registry need not \
            run.
            """
    )

    @OptionGroup var options: GlobalOptions

    @Option(help: "Only this registry of the settings.")
    var registry: String?

    @Option(help: "How far back to begin, such as 30d.")
    var over = "30d"

    @Argument(help: "A policy of the settings, by its name.")
    var policy: String

    func run() async throws {
        guard let span = Span(over), span >= .hours(1), span <= .days(3_650) else {
            throw ValidationError("--over \(over): write a time from 1h to 3650d, such as 30d")
        }
        let deployment = try await options.deployment()
        let targets =
            try registry.map { [try deployment.cleaner.target(named: $0)] } ?? deployment.targets
        let backtester = Backtester(
            ledger: deployment.ledger,
            planMaker: deployment.cleaner.planMaker,
            now: deployment.now
        )
        let report = try await backtester.replay(policy, over: span, targets: targets)
        if options.json { return try Terminal.say(json: Self.json(report)) }
        Self.print(report)
    }

    // MARK: For people

    private static func print(_ report: Backtester.Report) {
        Terminal.say(
            "policy \(report.policy), from \(report.from.text) to \(report.to.text), once a day, "
                + "\(report.repositories) repositories"
        )
        for line in report.missing { Terminal.say("not known: \(line)") }
        Terminal.say(
            "would have removed \(report.removals.count), at least \(ByteCount(report.bytes)); "
                + "\(report.regrets.count) of them were asked for afterwards"
        )
        for removal in report.regrets.prefix(shown) {
            guard let asked = removal.asked else { continue }
            Terminal.say(
                "  asked for  \(image(removal.item))  gone \(removal.at.text), then "
                    + "\(asked.count) requests from \(asked.first.text) to \(asked.last.text)"
            )
        }
        if report.regrets.count > shown {
            Terminal.say("  … and \(report.regrets.count - shown) more; --json has all")
        }
        for moment in report.moments where moment.removed > 0 {
            Terminal.say(
                "  \(moment.at.text)  \(moment.removed) removed, \(ByteCount(moment.bytes))"
            )
        }
        let kept = report.kept.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
            .map { "\($0.key.rawValue) \($0.value)" }
        Terminal.say("kept at the end: \(kept.isEmpty ? "nothing" : kept.joined(separator: ", "))")
    }

    /// Enough for a screen.
    private static let shown = 20

    private static func image(_ item: PlanItem) -> String {
        "\(item.repository)\(item.tag.map { ":\($0)" } ?? item.digest.map { "@\($0)" } ?? "")"
    }

    // MARK: JSON

    private static func json(_ report: Backtester.Report) -> [String: Any] {
        [
            "policy": report.policy,
            "from": report.from.milliseconds,
            "to": report.to.milliseconds,
            "repositories": report.repositories,
            "removed": report.removals.count,
            "bytes": report.bytes,
            "regrets": report.regrets.count,
            "missing": report.missing,
            "keptReasons": Dictionary(
                report.kept.map { ($0.key.rawValue, $0.value) },
                uniquingKeysWith: +
            ),
            "moments": report.moments.map { moment in
                [
                    "at": moment.at.milliseconds,
                    "uncovered": moment.uncovered,
                    "removed": moment.removed,
                    "bytes": moment.bytes,
                ] as [String: Any]
            },
            "items": report.removals.map(json),
        ]
    }

    private static func json(_ removal: Replay.Removal) -> [String: Any] {
        let item = removal.item
        return [
            "kind": item.kind.rawValue,
            "registry": item.registry,
            "repository": item.repository.description,
            "tag": item.tag?.description ?? NSNull(),
            "digest": item.digest?.description ?? NSNull(),
            "reason": item.reason.rawValue,
            "why": item.detail,
            "lastAccess": item.lastAccess?.milliseconds ?? NSNull(),
            "accesses": item.accesses,
            "bytes": item.bytes,
            "removedAt": removal.at.milliseconds,
            "backAt": removal.backAt?.milliseconds ?? NSNull(),
            "asked": removal.asked.map { asked in
                [
                    "first": asked.first.milliseconds,
                    "last": asked.last.milliseconds,
                    "count": asked.count,
                ] as [String: Any]
            } ?? NSNull(),
        ]
    }
}
