import Foundation

extension FakeRegistry {
    /// Whether the request carries what this registry asks for.
    func permits(_ call: Call) -> Bool {
        let field = call["Authorization"]
        return switch authentication {
        case .none: true
        case .basic(let user, let password): field == Self.basicField(user, password)
        case .bearer:
            field.map { $0.hasPrefix("Bearer ") && tokens.contains(String($0.dropFirst(7))) }
                ?? false
        }
    }

    /// 401, with the way to be let in.
    func challenge(_ call: Call) -> Reply {
        var reply = Reply.error(401, "UNAUTHORIZED")
        switch authentication {
        case .none, .basic: reply["Www-Authenticate"] = #"Basic realm="fake registry""#
        case .bearer(_, _, let realm):
            let realm = realm ?? "\(url)/token"
            reply["Www-Authenticate"] =
                #"Bearer realm="\#(realm)",service="fake",scope="\#(scope(of: call))""#
        }
        return reply
    }

    /// Answers `GET /token`; only to the user, where there is one.
    func token(_ call: Call) -> Reply {
        if case .bearer(let user?, let password?, _) = authentication {
            guard call["Authorization"] == Self.basicField(user, password) else {
                return .error(401, "UNAUTHORIZED")
            }
        }
        tokenCount += 1
        let token = "token-\(tokenCount)-\(UUID().uuidString)"
        tokens.insert(token)
        return .json(200, #"{"token":"\#(token)","expires_in":\#(tokenLifetime)}"#)
    }

    /// Makes every token that was given out invalid.
    package func revokeTokens() { tokens = [] }

    /// The user that a request names by itself, right or wrong.
    static func user(in field: String?) -> String? {
        guard let field, field.hasPrefix("Basic "),
            let data = Data(base64Encoded: String(field.dropFirst(6)))
        else { return nil }
        return String(decoding: data, as: UTF8.self).split(separator: ":").first.map(String.init)
    }

    private func scope(of call: Call) -> String {
        let path = call.path.dropFirst("/v2/".count)
        if path.isEmpty { return "" }
        if path == "_catalog" { return "registry:catalog:*" }
        let ends = ["/manifests/", "/tags/list", "/blobs/"]
        let name = ends.lazy.compactMap { path.range(of: $0) }.first.map { path[..<$0.lowerBound] }
        let actions =
            switch call.method {
            case "GET", "HEAD": "pull"
            case "DELETE": "delete"
            default: "pull,push"
            }
        return "repository:\(name ?? path):\(actions)"
    }

    private static func basicField(_ user: String, _ password: String) -> String {
        "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }
}
