import Foundation
import RegistryModel

/// Google Artifact Registry by a push subscription of Pub/Sub: pushes and deletes.
///
/// Source: Google, "Configure Pub/Sub notifications" of Artifact Registry.
enum PubSubWebhook: WebhookDialect {
    static let sender = DecodedBody.Sender(kind: "pubsub", tellsPulls: false)

    static func events(
        in body: JSONValue,
        _ request: WebhookRequest
    ) throws(FieldProblem) -> [WebhookEvent]? {
        guard let message = body["message"], body["subscription"] != nil else { return nil }
        guard let text = message["data"]?.string,
            let data = Data(base64Encoded: text),
            let inner = JSONValue(inside: String(decoding: data, as: UTF8.self))
        else { throw .missing("message.data") }
        var event = WebhookEvent()
        event.id = (message["messageId"] ?? message["message_id"])?.string.map { "pubsub \($0)" }
        event.time = (message["publishTime"] ?? message["publish_time"])?.time
        switch inner["action"]?.string {
        case "INSERT": event.accessClass = .push
        case "DELETE": event.accessClass = .delete
        default: return [event]
        }
        let digest = inner["digest"]?.string
        let tag = inner["tag"]?.string
        event.repository = (digest ?? tag).flatMap(repository)
        event.digest = digest
        event.tag = tag.flatMap { $0.split(separator: ":").last.map(String.init) }
        return [event]
    }

    /// The path of `HOST/PATH@DIGEST` or `HOST/PATH:TAG`.
    private static func repository(_ image: String) -> String? {
        guard let slash = image.firstIndex(of: "/") else { return nil }
        let path = image[image.index(after: slash)...].split(separator: "@")[0]
        let colon = path.lastIndex(of: ":") ?? path.endIndex
        return String(path[..<colon])
    }
}
