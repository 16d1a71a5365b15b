import RegistryModel

/// Sonatype Nexus Repository: components that were created, updated and deleted.
///
/// No pulls, and no digests. Source: Sonatype, "Working with webhooks".
enum NexusWebhook: WebhookDialect {
    static let sender = DecodedBody.Sender(kind: "nexus", tellsPulls: false)

    static func events(
        in body: JSONValue,
        _ request: WebhookRequest
    ) throws(FieldProblem) -> [WebhookEvent]? {
        guard body["nodeId"] != nil, body["repositoryName"] != nil, let action = body["action"]
        else { return request.fields["x-nexus-webhook-id"] == nil ? nil : [WebhookEvent()] }
        guard let component = body["component"], component["format"]?.string == "docker",
            let accessClass = action.string.flatMap({ classes[$0] })
        else { return [WebhookEvent()] }
        let initiator = body["initiator"]?.string?.split(separator: "/").map(String.init)
        return [
            WebhookEvent(
                time: body["timestamp"]?.time,
                accessClass: accessClass,
                repository: component["name"]?.string,
                tag: component["version"]?.string,
                address: initiator?.dropFirst().last,
                actor: initiator?.first
            )
        ]
    }

    private static let classes: [String: AccessClass] = [
        "CREATED": .push, "UPDATED": .push, "DELETED": .delete,
    ]
}
