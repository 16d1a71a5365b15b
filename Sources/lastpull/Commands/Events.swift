import AccessLedger
import ArgumentParser
import Daemon
import Foundation
import Publishing
import RegistryModel

struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Prints what lastpull did: prune events and others, oldest first.",
        discussion: """
            Times are seconds since 1970, RFC 3339, or a duration back from now such as 10m. Filters \
            are KEY=VALUE with KEY type, event, registry, run, trigger or policy.
            """
    )

    @OptionGroup var options: GlobalOptions

    @OptionGroup var scope: RegistryOption

    @Option(help: "Only events since then.")
    var since: String?

    @Option(help: "Only events until then.")
    var until: String?

    @Flag(help: "Go on printing what comes.")
    var follow = false

    @Option(help: "KEY=VALUE; may be given more than once.")
    var filter: [String] = []

    func run() async throws {
        let now = EventMoment.now
        let from = try moment(since, "--since", now)
        let to = try moment(until, "--until", now)
        let filter = try eventFilter()
        let deployment = try await options.deployment()
        try scope.check(deployment)
        let ledger = deployment.ledger
        var place: Int64 = 0
        while true {
            let page = try await ledger.events(after: place, limit: Self.page)
            for stored in page {
                place = stored.id
                let event = DockerEvent(stored)
                if let from, event.moment < from { continue }
                if let to, event.moment > to { continue }
                if filter.matches(stored.event) { show(event) }
            }
            if page.count == Self.page { continue }
            guard follow, !Terminal.isDeaf else { return }
            if let to, EventMoment.now > to { return }
            try await Task.sleep(for: Self.pause)
        }
    }

    private func show(_ event: DockerEvent) {
        if options.json { return Terminal.say(event.json) }
        let attributes = event.event.attributes.sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value)" }
            .joined(separator: ", ")
        Terminal.say(
            "\(event.event.time.text) \(event.event.type) \(event.event.action) "
                + "\(event.event.actor) (\(attributes))"
        )
    }

    private func moment(
        _ text: String?,
        _ option: String,
        _ now: EventMoment
    ) throws -> EventMoment? {
        guard let text else { return nil }
        guard let moment = EventMoment(text, now: now) else {
            throw ValidationError(
                "\(option) \(text): write seconds since 1970, an RFC 3339 time, or a duration such as 10m"
            )
        }
        return moment
    }

    private func eventFilter() throws -> EventFilter {
        var wanted: [String: [String]] = [:]
        for text in filter {
            let parts = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else {
                throw ValidationError("--filter \(text): write KEY=VALUE, such as event=prune")
            }
            wanted[String(parts[0]), default: []].append(String(parts[1]))
        }
        if let registry = scope.registry { wanted["registry", default: []].append(registry) }
        guard !wanted.isEmpty else { return try EventFilter("") }
        let data = try JSONEncoder().encode(wanted)
        do {
            return try EventFilter(String(decoding: data, as: UTF8.self))
        } catch {
            throw ValidationError("--filter: \(error.reason)")
        }
    }

    private static let page = 1_000
    private static let pause = Duration.milliseconds(200)
}
