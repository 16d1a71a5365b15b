import Foundation
import RegistryModel

/// JFrog Artifactory's domain `docker`: pushes and deletes.
///
/// A repository's name over the API begins with the key of Artifactory's repository. Source: JFrog,
/// "Event types", domain docker.
enum ArtifactoryWebhook: WebhookDialect {
    static let sender = DecodedBody.Sender(kind: "artifactory", tellsPulls: false)

    static func events(
        in body: JSONValue,
        _ request: WebhookRequest
    ) throws(FieldProblem) -> [WebhookEvent]? {
        guard body["domain"] != nil, let type = body["event_type"]?.string, let data = body["data"],
            data["repo_key"] != nil
        else { return nil }
        guard body["domain"]?.string == "docker", let accessClass = classes[type] else {
            return [WebhookEvent()]
        }
        // The tag of an index's child is its digest: `sha256__…`.
        let tag = data["tag"]?.string
        let isChild = tag?.hasPrefix("sha256__") ?? false
        return [
            WebhookEvent(
                id: "artifactory \(request.receivedAt.milliseconds) \(data["path"]?.string ?? "")",
                accessClass: accessClass,
                repository: repository(data),
                digest: isChild
                    ? tag?.replacingOccurrences(of: "sha256__", with: "sha256:")
                    : data["sha256"]?.string,
                tag: isChild ? nil : tag,
                actor: body["source"]?.string
            )
        ]
    }

    /// The path without tag and file: `image_name` may leave out its beginning.
    private static func repository(_ data: JSONValue) -> String? {
        guard let key = data["repo_key"]?.string else { return nil }
        if let path = data["path"]?.string {
            let parts = path.split(separator: "/").dropLast(2)
            if !parts.isEmpty { return ([key] + parts.map(String.init)).joined(separator: "/") }
        }
        return data["image_name"]?.string.map { "\(key)/\($0)" }
    }

    private static let classes: [String: AccessClass] = [
        "pushed": .push, "promoted": .push, "deleted": .delete,
    ]
}
