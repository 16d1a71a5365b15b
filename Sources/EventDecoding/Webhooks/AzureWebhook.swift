import RegistryModel

/// Azure Container Registry: its own webhook, and Event Grid in both schemas.
///
/// None of them tells of pulls. Sources: Azure, "Container registry webhook reference" and "Event
/// Grid schema for Container Registry".
enum AzureWebhook: WebhookDialect {
    static let sender = DecodedBody.Sender(kind: "azure", tellsPulls: false)

    static func events(
        in body: JSONValue,
        _ request: WebhookRequest
    ) throws(FieldProblem) -> [WebhookEvent]? {
        if let type = body["eventType"]?.string ?? body["type"]?.string, body["data"] != nil,
            body["topic"] != nil || body["specversion"] != nil || body["eventType"] != nil
        {
            let name = type.split(separator: ".").last ?? ""
            guard type.hasPrefix("Microsoft.") || names.contains(String(name)) else { return nil }
            guard names.contains(String(name)), let data = data(of: body) else {
                return [WebhookEvent()]
            }
            return [event(data)]
        }
        // A bare event of distribution's kind, without an envelope.
        guard body["action"]?.string != nil, body["target"] != nil || body.isPing else {
            return nil
        }
        return [event(body)]
    }

    private static let names: Set<String> = [
        "ImagePushed", "ImageDeleted", "ChartPushed", "ChartDeleted",
    ]

    /// An object, or the text of one.
    private static func data(of event: JSONValue) -> JSONValue? {
        guard case .text(let text) = event["data"] else { return event["data"] }
        return JSONValue(inside: text)
    }

    private static func event(_ data: JSONValue) -> WebhookEvent {
        var event = WebhookEvent()
        event.id = data["id"]?.string
        event.time = data["timestamp"]?.time
        // A chart of the old kind is no manifest; what is in quarantine is pushed when it leaves it.
        switch data["action"]?.string {
        case "push": event.accessClass = .push
        case "delete": event.accessClass = .delete
        default: return event
        }
        event.repository = data["target", "repository"]?.string
        event.digest = data["target", "digest"]?.string
        event.tag = data["target", "tag"]?.string
        event.mediaType = data["target", "mediaType"]?.string
        event.size = data["target", "size"] ?? data["target", "length"]
        event.address = data["request", "addr"]?.string
        event.userAgent = data["request", "useragent"]?.string
        event.actor = data["actor", "name"]?.string
        return event
    }
}

extension JSONValue {
    fileprivate var isPing: Bool { self["action"]?.string == "ping" }
}
