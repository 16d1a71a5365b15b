import RegistryModel

/// GitHub's `registry_package` and `package` events: pushes only.
///
/// One push comes once for each of the two that is subscribed to; what names it is the same in both.
/// Source: GitHub, "Webhook events and payloads".
enum GitHubWebhook: WebhookDialect {
    static let sender = DecodedBody.Sender(kind: "github", tellsPulls: false)

    static func events(
        in body: JSONValue,
        _ request: WebhookRequest
    ) throws(FieldProblem) -> [WebhookEvent]? {
        guard let package = body["registry_package"] ?? body["package"],
            let version = package["package_version"]
        else {
            // A ping and whatever else a hook may be subscribed to.
            return request.fields["x-github-event"] == nil ? nil : [WebhookEvent()]
        }
        let container = version["container_metadata"]
        guard let container, let action = body["action"]?.string,
            action == "published" || action == "updated"
        else { return [WebhookEvent()] }
        let digest =
            container["tag", "digest"]?.string ?? container["manifest", "digest"]?.string
            ?? version["version"]?.string
        let tag = container["tag", "name"]?.string
        let time =
            version["updated_at"]?.time ?? version["created_at"]?.time
            ?? package["updated_at"]?.time
        return [
            WebhookEvent(
                id: "github \(digest ?? "") \(tag ?? "") \(time?.milliseconds ?? 0)",
                time: time,
                accessClass: .push,
                repository: repository(version, package),
                digest: digest,
                tag: tag,
                mediaType: container["manifest", "media_type"]?.string,
                actor: body["sender", "login"]?.string
            )
        ]
    }

    /// By the address that the package is pulled from, which is in lower case.
    private static func repository(_ version: JSONValue, _ package: JSONValue) -> String? {
        if let address = version["package_url"]?.string,
            let slash = address.firstIndex(of: "/")
        {
            let path = address[address.index(after: slash)...].split(separator: "@")[0]
            let colon = path.lastIndex(of: ":") ?? path.endIndex
            return String(path[..<colon]).lowercased()
        }
        guard let namespace = package["namespace"]?.string, let name = package["name"]?.string
        else { return nil }
        return "\(namespace)/\(name)".lowercased()
    }
}
