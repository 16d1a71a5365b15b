import Foundation
import NIOCore

extension FakeAzure {
    package func handle(_ call: FakeRegistry.Call, _ query: String?) async -> FakeRegistry.Reply {
        note(call, query)
        beforeAnswer?(self, call.method, call.path)
        if call.method == "DELETE" {
            deletesUnderWay += 1
            mostDeletesAtOnce = max(mostDeletesAtOnce, deletesUnderWay)
        }
        defer { if call.method == "DELETE" { deletesUnderWay -= 1 } }
        if let latency { try? await Task.sleep(for: latency) }
        return answer(call, refusal: challenge(call)) { answer(call) }
    }

    private func answer(_ call: FakeRegistry.Call) -> FakeRegistry.Reply {
        if call.path.hasPrefix("/oauth2/") { return token(call) }
        guard permits(call) else { return challenge(call) }
        guard !missingRights.contains(scope(of: call)) else { return insufficient(call) }
        if call.path == "/v2/" { return .json(200, "{}") }
        if call.path == "/acr/v1/_catalog" { return catalog(call) }
        if call.path.hasPrefix("/acr/v1/") { return own(call) }
        guard call.path.hasPrefix("/v2/"),
            let range = call.path.range(of: "/manifests/", options: .backwards)
        else { return FakeRegistry.Reply(404) }
        let name = call.path[..<range.lowerBound].dropFirst(4)
        return manifest(String(name), String(call.path[range.upperBound...]), call)
    }

    // MARK: Tokens

    private var refresh: String { "registry-refresh-token" }

    private func token(_ call: FakeRegistry.Call) -> FakeRegistry.Reply {
        let form = FakeRegistry.fields(of: String(buffer: call.body))
        if call.path == "/oauth2/exchange" {
            guard case .directoryToken(let known) = login, form["access_token"] == known,
                form["grant_type"] == "access_token"
            else { return .error(401, "UNAUTHORIZED") }
            return .json(200, #"{"refresh_token":"\#(refresh)"}"#)
        }
        var scopes: [String]
        if call.method == "GET" {
            guard case .user(let user, let password) = login,
                call["Authorization"] == Self.basic(user, password)
            else { return .error(401, "UNAUTHORIZED") }
            scopes = [call.query["scope"] ?? ""]
        } else {
            let isKnown =
                switch login {
                case .refreshToken(let known): form["refresh_token"] == known
                case .directoryToken: form["refresh_token"] == refresh
                case .user: false
                }
            guard isKnown, form["grant_type"] == "refresh_token" else {
                return .error(401, "UNAUTHORIZED")
            }
            scopes = [form["scope"] ?? ""]
        }
        scopes = scopes.flatMap { $0.split(separator: " ").map(String.init) }
        tokenCount += 1
        let token = "token-\(tokenCount)"
        tokens["Bearer \(token)"] = Set(scopes.map(Self.place))
        return .json(200, #"{"access_token":"\#(token)"}"#)
    }

    /// Makes every token that was given out invalid.
    package func revokeTokens() { tokens = [:] }

    private func permits(_ call: FakeRegistry.Call) -> Bool {
        guard let granted = call["Authorization"].flatMap({ tokens[$0] }) else { return false }
        return call.path == "/v2/" || granted.contains(Self.place(scope(of: call)))
    }

    /// 401, with the way to be let in.
    private func challenge(_ call: FakeRegistry.Call) -> FakeRegistry.Reply {
        var reply = FakeRegistry.Reply.error(401, "UNAUTHORIZED")
        let host = url.dropFirst("http://".count)
        var field = #"Bearer realm="\#(url)/oauth2/token",service="\#(host)""#
        let scope = scope(of: call)
        if !scope.isEmpty { field += #",scope="\#(scope)""# }
        reply["Www-Authenticate"] = field
        return reply
    }

    /// What a token gets that does not permit what is asked.
    private func insufficient(_ call: FakeRegistry.Call) -> FakeRegistry.Reply {
        var reply = challenge(call)
        let field = reply["Www-Authenticate"] ?? "Bearer"
        reply["Www-Authenticate"] = field + #",error="insufficient_scope""#
        return reply
    }

    private func scope(of call: FakeRegistry.Call) -> String {
        if call.path == "/v2/" { return "" }
        if call.path == "/acr/v1/_catalog" { return "registry:catalog:*" }
        var name = call.path.hasPrefix("/v2/") ? call.path.dropFirst(4) : call.path.dropFirst(8)
        for end in ["/manifests/", "/_tags", "/_manifests", "/blobs/"] {
            if let range = name.range(of: end) { name = name[..<range.lowerBound] }
        }
        let isManifest = call.path.contains("/manifests/")
        let verb = call.method == "DELETE" ? "delete" : isManifest ? "pull" : "metadata_read"
        return "repository:\(name):\(verb)"
    }

    /// A scope without its verbs: this fake grants all of a repository at once.
    private static func place(_ scope: String) -> String {
        scope.split(separator: ":").prefix(2).joined(separator: ":")
    }

    private static func basic(_ user: String, _ password: String) -> String {
        "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }
}
