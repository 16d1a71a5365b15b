import CurlTransport

/// What a token lacks that a token server gave, and that the registry then did not take (RFC 6750,
/// section 3.1, `insufficient_scope`).
enum MissingRight {
    /// The error that such an answer stands for; nil where it is not the rights that are missing.
    static func error(
        _ response: HTTPResponse,
        isAzure: Bool,
        _ call: RegistryCall
    ) -> RegistryError? {
        let challenges = AuthChallenge.parse(response.headers.values(of: "Www-Authenticate"))
        guard let challenge = challenges.first(where: { $0.scheme == "bearer" }),
            challenge.parameters["error"]?.lowercased() == "insufficient_scope"
        else { return nil }
        let scopes = (challenge.parameters["scope"] ?? "").split(separator: " ").prefix(mostScopes)
        let lacks = scopes.compactMap { text($0, isAzure: isAzure) }.joined(separator: ", ")
        let advice = isAzure ? "; add it to the token's scope map, or to the user's role" : ""
        return call.error(
            .forbidden,
            status: response.status,
            lacks.isEmpty
                ? "the user is known, but the token that it gets does not permit this"
                : "the user is known, but lacks the right \(lacks)\(advice)"
        )
    }

    /// `content/read of team/api` for `repository:team/api:pull` at Azure, elsewhere `pull of team/api`.
    private static func text(_ scope: Substring, isAzure: Bool) -> String? {
        let parts = scope.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 3, let last = parts.last, scope.utf8.count <= longestScope else {
            return nil
        }
        let name = parts[1..<(parts.count - 1)].joined(separator: ":")
        guard parts[0] == "repository" else { return "to list the \(name)" }
        let rights = last.split(separator: ",").map { verb in
            isAzure ? azureRights[String(verb)] ?? String(verb) : String(verb)
        }
        return rights.isEmpty ? nil : "\(rights.joined(separator: " and ")) of \(name)"
    }

    /// The names that scope maps have for the verbs of scopes (Azure Container Registry,
    /// "Repository permissions").
    private static let azureRights = [
        "pull": "content/read", "push": "content/write", "delete": "content/delete",
        "metadata_read": "metadata/read", "metadata_write": "metadata/write",
    ]

    /// A request needs one, or two; the rest would be noise in a message.
    private static let mostScopes = 4
    /// Longer than any name and all its verbs.
    private static let longestScope = 400
}
