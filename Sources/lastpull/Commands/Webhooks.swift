import AccessLedger
import ArgumentParser
import Daemon
import Foundation
import Publishing
import RegistryModel

struct Webhooks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhooks",
        abstract: "Shows how the webhooks of the settings fare: delivered, waiting, given up.",
        discussion: """
            `lastpull serve` sends; without it, events wait. An event that was not taken for 24 hours \
            is given up, and kept with the events for 90 days: --failed shows it, --resend or \
            --resend-all lets it be sent once more.
            """
    )

    @OptionGroup var options: GlobalOptions

    @Argument(help: "Only this webhook, by its name.")
    var webhook: String?

    @Flag(help: "Show the events that were given up.")
    var failed = false

    @Option(help: "Send this event again that was given up; may be given more than once.")
    var resend: [String] = []

    @Flag(help: "Send all events again that were given up.")
    var resendAll = false

    @Flag(help: "Send an event of type io.lastpull.test now, and show what came back.")
    var test = false

    func validate() throws {
        let kinds = [failed, !resend.isEmpty || resendAll, test].count { $0 }
        guard kinds <= 1 else {
            throw ValidationError("--failed, --resend and --test exclude each other; give one")
        }
        for event in resend where CloudEvent.place(of: event) == nil {
            throw ValidationError("--resend \(event): not the id of an event; see --failed")
        }
    }

    func run() async throws {
        let deployment = try await options.deployment()
        let all = deployment.settings.publish
        let wanted = all.filter { webhook == nil || $0.name == webhook }
        if let webhook, wanted.isEmpty {
            let names = all.map(\.name).joined(separator: ", ")
            throw ValidationError(
                "no webhook is called \(webhook); the settings have "
                    + (names.isEmpty ? "none under `publish`" : names)
            )
        }
        if test { return try await send(to: wanted, deployment) }
        let states = try await deployment.webhookStates().filter { state in
            wanted.contains { $0.name == state.name }
        }
        if resendAll || !resend.isEmpty { return try await resend(states, deployment) }
        if failed { return try await showFailed(states, deployment) }
        try show(states)
    }

    // MARK: Looking

    private func show(_ states: [WebhookSummary]) throws {
        if options.json { return try Terminal.say(json: states.map(Self.json)) }
        if states.isEmpty { Terminal.say("no webhook is in the settings, under `publish`") }
        for state in states { Terminal.say("\(state.name): \(state.summary)") }
    }

    private static func json(_ state: WebhookSummary) -> [String: Any] {
        [
            "webhook": state.name,
            "delivered": state.delivered,
            "deliveredAt": state.deliveredAt?.milliseconds ?? NSNull(),
            "pending": state.pending,
            "failed": state.failed,
            "failingSince": state.failingSince?.milliseconds ?? NSNull(),
            "stoppedAt": state.stoppedAt?.milliseconds ?? NSNull(),
            "problem": state.problem,
        ]
    }

    private func showFailed(_ states: [WebhookSummary], _ deployment: Deployment) async throws {
        var objects: [[String: Any]] = []
        for state in states {
            let deliveries = try await deployment.ledger.failedDeliveries(
                of: state.id,
                limit: Self.shown
            )
            for delivery in deliveries {
                let event = DockerEvent(delivery.event)
                objects.append([
                    "webhook": state.name,
                    "id": CloudEvent.id(of: event),
                    "since": delivery.since.milliseconds,
                    "failedAt": delivery.failedAt?.milliseconds ?? NSNull(),
                    "problem": delivery.problem,
                    "event": try JSONSerialization.jsonObject(with: Data(event.json.utf8)),
                ])
                guard !options.json else { continue }
                Terminal.say(
                    "\(state.name)  \(CloudEvent.id(of: event))  \(event.event.time.text)  "
                        + "\(event.event.type) \(event.event.action) \(event.event.actor)  "
                        + delivery.problem
                )
            }
            if !options.json, state.failed > deliveries.count {
                Terminal.say("\(state.name)  and \(state.failed - deliveries.count) more")
            }
        }
        if options.json { return try Terminal.say(json: objects) }
        if objects.isEmpty { Terminal.say("nothing was given up") }
    }

    // MARK: Sending

    private func resend(_ states: [WebhookSummary], _ deployment: Deployment) async throws {
        var count = 0
        for state in states {
            let events = resendAll ? [nil] : resend.map { CloudEvent.place(of: $0) }
            for event in events {
                count += try await deployment.ledger.resend(
                    webhook: state.id,
                    event: event,
                    at: deployment.now()
                )
            }
        }
        if options.json {
            try Terminal.say(json: ["queued": count])
        } else {
            let isServed = DaemonLock.isHeld(ledger: deployment.settings.ledger)
            Terminal.say(
                "\(count) queued"
                    + (isServed ? "" : "; `lastpull serve` does not run, so they wait")
            )
        }
        if count == 0 { throw Outcome.failed }
    }

    private func send(to webhooks: [Webhook], _ deployment: Deployment) async throws {
        var results: [[String: Any]] = []
        for webhook in webhooks {
            let outcome = await deployment.test(webhook)
            let text = outcome.text
            results.append(["webhook": webhook.name, "ok": outcome == .delivered, "text": text])
            if !options.json { Terminal.say("\(webhook.name): \(text)") }
        }
        if options.json { try Terminal.say(json: results) }
        if results.isEmpty { Terminal.complain("no webhook is in the settings, under `publish`") }
        let isFine = !results.isEmpty && results.allSatisfy { $0["ok"] as? Bool == true }
        if !isFine { throw Outcome.failed }
    }

    /// Events of one webhook that are shown at once.
    private static let shown = 1_000
}

extension WebhookOutcome {
    /// For people, on one line.
    fileprivate var text: String {
        switch self {
        case .delivered: "taken"
        case .refused(let problem), .unreached(let problem, _), .gone(let problem): problem
        case .cancelled: "cancelled"
        }
    }
}

extension WebhookSummary {
    /// How it fares, for people, on one line.
    var summary: String {
        let last = state.deliveredAt.map { ", last \($0.text)" } ?? ""
        let given = failed > 0 ? ", \(failed) given up (see `lastpull webhooks --failed`)" : ""
        let counts = "\(state.delivered) delivered\(last), \(pending) waiting\(given)"
        if let stoppedAt = state.stoppedAt {
            return "\(counts); stopped \(stoppedAt.text): \(state.problem)"
        }
        if let failingSince = state.failingSince {
            return "\(counts); not reached since \(failingSince.text): \(state.problem)"
        }
        return counts + (state.problem.isEmpty ? "" : "; the last attempt failed: \(state.problem)")
    }

    /// Whether somebody should look after it.
    var isInTrouble: Bool { failed > 0 || state.stoppedAt != nil || !state.problem.isEmpty }
}
