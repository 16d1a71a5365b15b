import AccessLedger
import ArgumentParser
import Cleanup
import Daemon
import Foundation
import Publishing
import RegistryModel

struct Regrets: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "regrets",
        abstract: "Lists what was removed and asked for afterwards, the last request first.",
        discussion: """
            They are heard from access logs only: notifications never report a request that was \
            answered 404. A request counts a minute after it was made, unless its client has pushed \
            the image by then.
            """
    )

    @OptionGroup var options: GlobalOptions

    @OptionGroup var scope: RegistryOption

    @Option(
        help: "Only with requests since then: seconds since 1970, RFC 3339, or a duration back."
    )
    var since: String?

    func run() async throws {
        let horizon = try since.map { text in
            guard let moment = EventMoment(text, now: .now) else {
                throw ValidationError(
                    "--since \(text): write seconds since 1970, an RFC 3339 time, or a duration "
                        + "such as 10m"
                )
            }
            return moment
        }
        let deployment = try await options.deployment()
        try scope.check(deployment)
        try await RegretWatch(
            ledger: deployment.ledger,
            logger: options.logger,
            now: deployment.now
        ).settle()
        let regrets = try await deployment.ledger.regrets(since: Timestamp(milliseconds: 0))
            .filter { scope.includes($0.registry) }
            .filter { regret in
                horizon.map { regret.lastAt >= $0.timestamp } ?? true
            }
        if options.json { return try Terminal.say(json: regrets.map(Self.json)) }
        if regrets.isEmpty { Terminal.say("nothing that was removed was asked for") }
        for regret in regrets {
            Terminal.say(
                "\(regret.lastAt.text)  \(regret.registry)  \(regret.image)  "
                    + "\(regret.requests) \(regret.requests == 1 ? "request" : "requests") by "
                    + "\(Self.asker(regret)); removed \(regret.removedAt.text) by run "
                    + "\(regret.run), \(regret.reason)"
                    + (regret.isBack ? "; it is there again" : "")
            )
        }
    }

    /// Who asked last, on one line that a terminal can be trusted with.
    static func asker(_ regret: Regret) -> String {
        let known = [regret.actor, regret.address, regret.userAgent].compactMap(\.self)
        guard !known.isEmpty else { return "somebody" }
        return known.joined(separator: " ").unicodeScalars.map { $0.escaped(asASCII: false) }
            .joined()
    }

    static func json(_ regret: Regret) -> [String: Any] {
        [
            "registry": regret.registry,
            "repository": regret.repository.description,
            "kind": regret.kind,
            "tag": regret.tag?.description ?? NSNull(),
            "digest": regret.digest?.description ?? NSNull(),
            "run": regret.run.description,
            "reason": regret.reason,
            "policy": regret.policy ?? NSNull(),
            "removedAt": regret.removedAt.milliseconds,
            "firstAsked": regret.firstAt.milliseconds,
            "lastAsked": regret.lastAt.milliseconds,
            "requests": regret.requests,
            "address": regret.address ?? NSNull(),
            "actor": regret.actor ?? NSNull(),
            "userAgent": regret.userAgent ?? NSNull(),
            "isBack": regret.isBack,
        ]
    }
}
