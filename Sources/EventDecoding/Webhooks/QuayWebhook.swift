import RegistryModel

/// Quay's `repo_push`: the tags that were pushed, and nothing else.
///
/// Source: Quay, `notifications/notificationevent.py`. Older releases sent the tags as the keys of
/// an object.
enum QuayWebhook: WebhookDialect {
    static let sender = DecodedBody.Sender(kind: "quay", tellsPulls: false)

    static func events(
        in body: JSONValue,
        _ request: WebhookRequest
    ) throws(FieldProblem) -> [WebhookEvent]? {
        guard body["docker_url"] != nil, let repository = body["repository"]?.string else {
            return nil
        }
        let tags =
            body["updated_tags"]?.items?.compactMap(\.string)
            ?? body["updated_tags"]?.members?.keys.sorted() ?? []
        guard !tags.isEmpty else { return [WebhookEvent()] }
        // Without a stamp the same push sent twice can't be told from two: both count, as a push.
        return tags.map { tag in
            WebhookEvent(
                id: "quay \(request.receivedAt.milliseconds) \(repository):\(tag)",
                accessClass: .push,
                repository: repository,
                tag: tag
            )
        }
    }
}
