package import AccessLedger
import CurlTransport
import Foundation
package import Publishing
import RegistryModel

extension Deployment {
    /// How the webhooks of the settings fare, in the order of the settings.
    package func webhookStates() async throws -> [WebhookSummary] {
        guard !settings.publish.isEmpty else { return [] }
        let known = try await ledger.webhooks()
        var summaries: [WebhookSummary] = []
        for webhook in settings.publish {
            guard var summary = known.first(where: { $0.name == webhook.name }) else { continue }
            // What happened since anybody sent is in no queue yet.
            let news = try await ledger.events(after: summary.place, limit: Self.mostNews)
            summary.pending += news.count { webhook.filter.matches($0.event) }
            summaries.append(summary)
        }
        return summaries
    }

    /// More are not counted, for a look that stays quick.
    private static let mostNews = 1_000

    /// Prepares for sending; before the ledger notes that we are back.
    func resumeWebhooks() async throws {
        try await ledger.resumeWebhooks(
            settings.publish.map(\.name),
            lastSeen: ledger.lastHeartbeat(),
            at: now()
        )
    }

    /// One sender for each webhook of the settings, all over one transport.
    func webhookSenders() -> [WebhookSender] {
        guard !settings.publish.isEmpty else { return [] }
        let transport = CurlTransport()
        return settings.publish.map {
            WebhookSender($0, ledger: ledger, transport: transport, logger: logger, now: now)
        }
    }

    /// Sends a webhook an event of type `io.lastpull.test`, once, and tells how that ended.
    package func test(_ webhook: Webhook) async -> WebhookOutcome {
        let time = now()
        let event = PruneEvent(
            type: "webhook",
            action: "test",
            actor: "",
            attributes: ["webhook": webhook.name],
            time: time
        )
        let sender = WebhookSender(
            webhook,
            ledger: ledger,
            transport: CurlTransport(),
            logger: logger,
            now: now
        )
        return await sender.attempt(
            CloudEvent(DockerEvent(id: 0, event: event), source: webhook.source)
        )
    }
}
