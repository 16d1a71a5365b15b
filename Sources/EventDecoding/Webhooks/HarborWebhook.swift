import RegistryModel

/// Harbor, in its own form and as CloudEvents.
///
/// Pulls are told, but not those by HEAD. Source: Harbor, `pkg/notifier/formats`.
enum HarborWebhook: WebhookDialect {
    static let sender = DecodedBody.Sender(kind: "harbor", tellsPulls: true)

    static func events(
        in body: JSONValue,
        _ request: WebhookRequest
    ) throws(FieldProblem) -> [WebhookEvent]? {
        guard let type = body["type"]?.string else { return nil }
        let isCloudEvent = type.hasPrefix("harbor.")
        guard isCloudEvent || body["event_data"] != nil else { return nil }
        guard let data = isCloudEvent ? body["data"] : body["event_data"] else {
            throw .missing("data")
        }
        guard let accessClass = classes[type] else { return [WebhookEvent()] }
        let resources = data["resources"]?.items ?? []
        guard !resources.isEmpty else { throw .missing("resources") }
        return resources.enumerated().map { index, resource in
            WebhookEvent(
                id: body["id"]?.string.map { index == 0 ? $0 : "\($0)#\(index)" },
                time: body["time"]?.time ?? body["occur_at"]?.unixTime,
                accessClass: accessClass,
                repository: data["repository", "repo_full_name"]?.string,
                digest: resource["digest"]?.string,
                tag: resource["tag"]?.string,
                actor: body["operator"]?.string
            )
        }
    }

    private static let classes: [String: AccessClass] = [
        "PUSH_ARTIFACT": .push, "PULL_ARTIFACT": .pull, "DELETE_ARTIFACT": .delete,
        "harbor.artifact.pushed": .push, "harbor.artifact.pulled": .pull,
        "harbor.artifact.deleted": .delete,
    ]
}
