import RegistryModel

/// One sender's way to write webhooks.
protocol WebhookDialect: SendableMetatype {
    static var sender: DecodedBody.Sender { get }

    /// The events in a body, or nil when it is not of this dialect.
    ///
    /// An event that says nothing of a manifest's use has no class.
    static func events(
        in body: JSONValue,
        _ request: WebhookRequest
    ) throws(FieldProblem) -> [WebhookEvent]?
}

/// Those that are told apart by what their bodies look like, surest first.
let webhookDialects: [any WebhookDialect.Type] = [
    HarborWebhook.self, AzureWebhook.self, ZotWebhook.self, GitHubWebhook.self, ECRWebhook.self,
    PubSubWebhook.self, ArtifactoryWebhook.self, NexusWebhook.self, DockerHubWebhook.self,
    QuayWebhook.self,
]
