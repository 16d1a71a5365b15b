import RegistryModel

/// zot: CloudEvents, as it sends them (binary, with the attributes in the header fields) or whole.
///
/// No pulls. Source: zot, `pkg/extensions/events`.
enum ZotWebhook: WebhookDialect {
    static let sender = DecodedBody.Sender(kind: "zot", tellsPulls: false)

    static func events(
        in body: JSONValue,
        _ request: WebhookRequest
    ) throws(FieldProblem) -> [WebhookEvent]? {
        let isWhole = body["specversion"] != nil
        let type = isWhole ? body["type"]?.string : request.fields["ce-type"]
        guard let type, type.hasPrefix("zotregistry.") else { return nil }
        guard let accessClass = classes[type] else { return [WebhookEvent()] }
        let data = isWhole ? body["data"] : body
        guard let data else { throw .missing("data") }
        let id = isWhole ? body["id"] : request.fields["ce-id"].map(JSONValue.text)
        let time = isWhole ? body["time"] : request.fields["ce-time"].map(JSONValue.text)
        return [
            WebhookEvent(
                id: id?.string,
                time: time?.time,
                accessClass: accessClass,
                repository: data["name"]?.string,
                digest: data["digest"]?.string,
                tag: data["reference"]?.string,
                mediaType: data["mediaType"]?.string,
                address: data["request", "addr"]?.string,
                actor: data["actor", "name"]?.string,
                userAgent: data["request", "useragent"]?.string
            )
        ]
    }

    private static let classes: [String: AccessClass] = [
        "zotregistry.image.updated": .push, "zotregistry.image.deleted": .delete,
    ]
}
