package import RegistryModel

/// What is known of a webhook beside its body.
package struct WebhookRequest: Sendable {
    /// By lower-case name.
    package var fields: [String: String]
    package var receivedAt: Timestamp

    package init(fields: [String: String] = [:], receivedAt: Timestamp) {
        self.fields = fields
        self.receivedAt = receivedAt
    }

    /// The header fields by which senders are told apart; no others are looked at.
    package static let telling: Set<String> = [
        "ce-id", "ce-time", "ce-type", "content-type", "x-github-event",
        "x-goog-pubsub-message-id", "x-goog-pubsub-publish-time", "x-nexus-webhook-id",
    ]
}
