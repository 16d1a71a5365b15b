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
        guard let message = body["message"], body["subscription"] != nil else {
            return isNotice(body) ? [try unwrapped(body, request)] : nil
        }
        guard let text = message["data"]?.string,
            let data = Data(base64Encoded: text),
            let inner = JSONValue(inside: String(decoding: data, as: UTF8.self))
        else { throw .missing("message.data") }
        var event = event(of: inner)
        event.id = (message["messageId"] ?? message["message_id"])?.string.map { "pubsub \($0)" }
        event.time = (message["publishTime"] ?? message["publish_time"])?.time
        return [event]
    }

    /// Whether a body is the notice itself, as a subscription with payload unwrapping delivers it.
    private static func isNotice(_ body: JSONValue) -> Bool {
        guard let action = body["action"]?.string, ["INSERT", "DELETE"].contains(action),
            let image = (body["digest"] ?? body["tag"])?.string
        else { return false }
        return repository(image) != nil
    }

    /// With the metadata in the header fields: without it nobody could tell a late delivery of an old
    /// push from a new one.
    private static func unwrapped(
        _ body: JSONValue,
        _ request: WebhookRequest
    ) throws(FieldProblem) -> WebhookEvent {
        guard let id = request.fields["x-goog-pubsub-message-id"],
            let time = request.fields["x-goog-pubsub-publish-time"].map(JSONValue.text)?.time
        else { throw .missing("x-goog-pubsub-message-id (--push-no-wrapper-write-metadata)") }
        var event = event(of: body)
        event.id = "pubsub \(id)"
        event.time = time
        return event
    }

    private static func event(of notice: JSONValue) -> WebhookEvent {
        var event = WebhookEvent()
        switch notice["action"]?.string {
        case "INSERT": event.accessClass = .push
        case "DELETE": event.accessClass = .delete
        default: return event
        }
        let digest = notice["digest"]?.string
        let tag = notice["tag"]?.string
        event.repository = (digest ?? tag).flatMap(repository)
        event.digest = digest
        event.tag = tag.flatMap { $0.split(separator: ":").last.map(String.init) }
        return event
    }

    /// The path of `HOST/PATH@DIGEST` or `HOST/PATH:TAG`.
    private static func repository(_ image: String) -> String? {
        guard let slash = image.firstIndex(of: "/") else { return nil }
        let path = image[image.index(after: slash)...].split(separator: "@")[0]
        let colon = path.lastIndex(of: ":") ?? path.endIndex
        return String(path[..<colon])
    }
}
