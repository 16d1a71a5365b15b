import AccessLedger
import ArgumentParser
import Cleanup
import Daemon
import Foundation
import RegistryModel

struct Sources: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sources",
        abstract: "Shows what was heard of each registry, from whom, and what is missing."
    )

    @OptionGroup var options: GlobalOptions

    @OptionGroup var scope: RegistryOption

    func run() async throws {
        let deployment = try await options.deployment()
        try scope.check(deployment)
        var report = try await SourcesReport(deployment)
        report.registries.removeAll { !scope.includes($0.registry) }
        if scope.registry != nil { report.refused = [] }
        if options.json { return Terminal.say(String(decoding: try report.json, as: UTF8.self)) }
        for registry in report.registries {
            Terminal.say("\(registry.registry): \(Self.coverage(registry))")
            for source in registry.sources { Terminal.say("  \(Self.text(source))") }
            for socket in registry.sockets { Terminal.say("  \(Self.text(socket))") }
            for log in registry.followed { Terminal.say("  \(Self.text(log))") }
            if let imported = registry.imported {
                let last = imported.lastLine.map { Timestamp(milliseconds: $0).text }
                Terminal.say(
                    "  imported \(imported.accesses) accesses of \(imported.logs) logs"
                        + (last.map { ", the newest of \($0)" } ?? "")
                )
            }
            if registry.sources.isEmpty {
                Terminal.say("  nothing was ever heard; `lastpull check` says what to do")
            }
            for refused in registry.refused { Terminal.say("  \(Self.text(refused))") }
            for loss in registry.losses {
                let end = loss.to.map { Timestamp(milliseconds: $0).text } ?? "now"
                let start = Timestamp(milliseconds: loss.from).text
                Terminal.say("  missing from \(start) to \(end): \(loss.reason)")
            }
        }
        for refused in report.refused { Terminal.say(Self.text(refused)) }
    }

    private static func text(_ refused: SourcesReport.Refused) -> String {
        "\(refused.text) (last at \(Timestamp(milliseconds: refused.lastAt).text))"
    }

    private static func text(_ log: SourcesReport.Followed) -> String {
        if let problem = log.problem { return "\(log.place) can't be read: \(problem)" }
        let last = log.lastLine.map { ", last line \(Timestamp(milliseconds: $0).text)" } ?? ""
        let offset = log.offset.map { ", read up to byte \($0)" } ?? ", nothing read yet"
        return "follows \(log.place): \(log.accesses) accesses\(last)\(offset)"
    }

    private static func coverage(_ registry: SourcesReport.Registry) -> String {
        if let since = registry.silentSince {
            let reason = registry.silence.map { ": \($0)" } ?? ""
            return "not heard since \(Timestamp(milliseconds: since).text)\(reason)"
        }
        guard let since = registry.coveredSince else { return "no access is known for certain" }
        let start = Timestamp(milliseconds: since).text
        guard let until = registry.coveredUntil else {
            return "every access is known since \(start)"
        }
        return "every access is known from \(start) to \(Timestamp(milliseconds: until).text), and "
            + "none for certain since then"
    }

    private static func text(_ socket: SourcesReport.Socket) -> String {
        guard let last = socket.lastAt.map({ Timestamp(milliseconds: $0).text }) else {
            return "\(socket.address): nothing has come"
                + (socket.dropped > 0 ? ", \(socket.dropped) dropped" : "")
        }
        let dropped = socket.droppedAt.map { ", last \(Timestamp(milliseconds: $0).text)" } ?? ""
        return "\(socket.address): last \(last), \(socket.lines) lines, "
            + "\(socket.dropped) dropped\(dropped)"
    }

    private static func text(_ source: SourcesReport.Source) -> String {
        let senders = source.senders.map(\.kind).joined(separator: ", ")
        return "by \(source.source)\(senders.isEmpty ? "" : " of \(senders)"): "
            + "last \(Timestamp(milliseconds: source.lastAt).text), \(source.thisHour) in this hour and "
            + "\(source.lastHour) in the one before, \(source.accepted) accepted, \(source.duplicates) duplicates, "
            + "\(source.ignored) ignored, \(source.rejected) rejected"
            + (source.tellsPulls ? "" : "; tells of no pulls, so silence means nothing")
    }
}

struct Rejected: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rejected",
        abstract: "Shows what was sent and not understood, newest first, with the reason.",
        discussion:
            "The newest hundred of each registry are kept, without what looks like a secret."
    )

    @OptionGroup var options: GlobalOptions

    @Argument(help: "Only those of one registry, as the settings name it.")
    var registry: String?

    @OptionGroup var scope: RegistryOption

    @Option(help: "How many at most.")
    var limit = 20

    func validate() throws {
        guard registry == nil || scope.includes(registry ?? "") else {
            throw ValidationError("REGISTRY and --registry name two; give one of them")
        }
        guard limit > 0 else { throw ValidationError("--limit \(limit): must be above 0") }
    }

    func run() async throws {
        let deployment = try await options.deployment()
        let registry = registry ?? scope.registry
        if let registry, !deployment.targets.contains(where: { $0.row.name == registry }) {
            throw ValidationError("registry \(registry) is not in the settings; `lastpull sources`")
        }
        let bodies = try await deployment.ledger.rejectedBodies(of: registry, limit: limit)
        if options.json {
            return try Terminal.say(
                json: bodies.map { body in
                    [
                        "registry": body.registry,
                        "source": "\(body.source)",
                        "receivedAt": body.receivedAt.milliseconds,
                        "reason": body.reason,
                        "excerpt": String(decoding: body.excerpt, as: UTF8.self),
                    ] as [String: Any]
                }
            )
        }
        if bodies.isEmpty { return Terminal.say("everything was understood") }
        for body in bodies {
            let text = String(decoding: body.excerpt.prefix(Self.shown), as: UTF8.self)
            Terminal.say(
                "\(body.receivedAt.text)  \(body.registry) by \(body.source): \(body.reason)"
            )
            if !text.isEmpty { Terminal.say("    \(Self.printable(text))") }
        }
    }

    /// What a terminal can be trusted with, on one line.
    private static func printable(_ text: String) -> String {
        text.unicodeScalars.map { $0.escaped(asASCII: false) }.joined()
    }

    /// Bytes of each on a terminal; `--json` has all that is kept.
    private static let shown = 200
}
