import RegistryModel

/// Docker Hub: pushes only, and without digest.
///
/// Source: Docker, "Webhooks". The older form, of several images and no tag, says nothing of a
/// manifest.
enum DockerHubWebhook: WebhookDialect {
    static let sender = DecodedBody.Sender(kind: "dockerhub", tellsPulls: false)

    static func events(
        in body: JSONValue,
        _ request: WebhookRequest
    ) throws(FieldProblem) -> [WebhookEvent]? {
        guard let push = body["push_data"], body["repository", "repo_name"] != nil else {
            return nil
        }
        guard let tag = push["tag"]?.string else { return [WebhookEvent()] }
        return [
            WebhookEvent(
                time: push["pushed_at"]?.unixTime,
                accessClass: .push,
                repository: body["repository", "repo_name"]?.string,
                tag: tag,
                actor: push["pusher"]?.string
            )
        ]
    }
}
