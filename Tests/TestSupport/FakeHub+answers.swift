import Foundation
import NIOCore

extension FakeHub {
    package func handle(_ call: FakeRegistry.Call, _ query: String?) -> FakeRegistry.Reply {
        note(call, query)
        beforeAnswer?(self, call.method, call.path)
        return answer(call, refusal: .detail(401, "authentication required")) { answer(call) }
    }

    private func answer(_ call: FakeRegistry.Call) -> FakeRegistry.Reply {
        if call.method == "POST" { return logIn(call) }
        guard let expires = call["Authorization"].flatMap({ tokens[$0] }), expires > Date() else {
            return .detail(401, "authentication required")
        }
        var parts = call.path.split(separator: "/").map(String.init)
        guard parts.count >= 3, parts.removeFirst() == "v2" else { return FakeRegistry.Reply(404) }
        // Both names of the same lists.
        if parts[0] == "namespaces", parts.count >= 3, parts[2] == "repositories" {
            parts.remove(at: 2)
        }
        parts.removeFirst()
        switch parts.count {
        case 1: return repositoryList(parts[0], call)
        case 3 where parts[2] == "tags": return tagList("\(parts[0])/\(parts[1])", call)
        case 4 where parts[2] == "tags": return tag(parts[3], of: "\(parts[0])/\(parts[1])", call)
        default: return FakeRegistry.Reply(404)
        }
    }

    // MARK: Login

    private func logIn(_ call: FakeRegistry.Call) -> FakeRegistry.Reply {
        let fields =
            (try? JSONSerialization.jsonObject(with: Data(call.body.readableBytesView)))
            .flatMap { $0 as? [String: String] } ?? [:]
        let names: (String, String, String)
        switch call.path {
        case "/v2/auth/token" where hasAuthToken: names = ("identifier", "secret", "access_token")
        case "/v2/users/login", "/v2/users/login/": names = ("username", "password", "token")
        default: return FakeRegistry.Reply(404)
        }
        logins += 1
        guard fields[names.0] == user, secrets.contains(fields[names.1] ?? "") else {
            return .detail(401, "incorrect authentication credentials")
        }
        let token = Self.token(number: logins, lifetime: tokenLifetime)
        tokens["Bearer \(token)"] = Date(timeIntervalSinceNow: Double(tokenLifetime))
        return .json(200, #"{"\#(names.2)":"\#(token)"}"#)
    }

    /// A token as the Hub's are, with its times in the middle part; nobody verifies the end.
    private static func token(number: Int, lifetime: Int) -> String {
        let now = Int(Date().timeIntervalSince1970)
        let claims = #"{"iat":\#(now),"exp":\#(now + lifetime),"jti":"\#(number)"}"#
        let parts = [#"{"alg":"RS256"}"#, claims, "signature"].map { part in
            Data(part.utf8).base64EncodedString().replacingOccurrences(of: "=", with: "")
                .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
        }
        return parts.joined(separator: ".")
    }

    /// Makes every token that was given out invalid.
    package func revokeTokens() { tokens = [:] }

    // MARK: Lists

    private func repositoryList(
        _ namespace: String,
        _ call: FakeRegistry.Call
    ) -> FakeRegistry.Reply {
        let names = repositories.keys.filter { $0.hasPrefix(namespace + "/") }.sorted()
        return page(names, call) { name in
            ["name": String(name.dropFirst(namespace.count + 1)), "namespace": namespace]
        }
    }

    private func tagList(_ repository: String, _ call: FakeRegistry.Call) -> FakeRegistry.Reply {
        guard let tags = repositories[repository] else { return .detail(404, "object not found") }
        let part = call.query["name"] ?? ""
        let names = ordered(repository, tags).filter { part.isEmpty || $0.contains(part) }
        return page(names, call) { name in tags[name].map { Self.json(name, $0) } }
    }

    private func ordered(_ repository: String, _ tags: [String: Tag]) -> [String] {
        if let known = order[repository] { return known }
        let sorted = tags.map { (time: $0.value.pushed ?? .distantPast, name: $0.key) }
            .sorted { ($1.time, $0.name) < ($0.time, $1.name) }
            .map(\.name)
        order[repository] = sorted
        return sorted
    }

    private func tag(
        _ name: String,
        of repository: String,
        _ call: FakeRegistry.Call
    ) -> FakeRegistry.Reply {
        if call.method == "DELETE" { return delete(name, of: repository) }
        guard let tag = repositories[repository]?[name] else {
            return .detail(404, "tag not found")
        }
        return .object(200, Self.json(name, tag))
    }

    private func delete(_ name: String, of repository: String) -> FakeRegistry.Reply {
        if let seconds = limit?.take() {
            var reply = FakeRegistry.Reply.json(
                429,
                #"{"detail":"Rate limit exceeded","error":false}"#
            )
            reply["Retry-After"] = "\(seconds)"
            reply["X-Retry-After"] = "\(Int(Date().timeIntervalSince1970) + seconds)"
            return reply
        }
        guard permitsDeletes else {
            return .detail(
                403,
                "access is forbidden with a JWT issued from a personal access token"
            )
        }
        guard let tag = repositories[repository]?[name] else {
            return .detail(404, "tag not found")
        }
        guard !tag.isReferenced else { return .detail(403, "the tag is referenced by an image") }
        repositories[repository]?[name] = nil
        deleted += 1
        deletes = (deletes?.first ?? .now, .now)
        return FakeRegistry.Reply(204)
    }

    private func page(
        _ items: [String],
        _ call: FakeRegistry.Call,
        _ item: (String) -> [String: Any]?
    ) -> FakeRegistry.Reply {
        let size = min(100, max(1, call.query["page_size"].flatMap { Int($0) } ?? 10))
        let number = max(1, call.query["page"].flatMap { Int($0) } ?? 1)
        let start = (number - 1) * size
        guard start < items.count || number == 1 else { return .detail(404, "page not found") }
        let end = min(items.count, start + size)
        let next = "https://hub.docker.com\(call.path)?page=\(number + 1)&page_size=\(size)"
        return .object(
            200,
            [
                "count": items.count, "next": end < items.count ? next as Any : NSNull(),
                "previous": NSNull(),
                "results": items[min(start, items.count)..<end].compactMap(item),
            ]
        )
    }

    private static func json(_ name: String, _ tag: Tag) -> [String: Any] {
        var object: [String: Any] = [
            "creator": 1, "id": 1, "last_updated": time(tag.pushed), "name": name, "v2": true,
            "repository": 1, "full_size": tag.images.first?.size ?? 0, "tag_status": "active",
            "tag_last_pushed": time(tag.pushed), "content_type": "image",
            "media_type": "application/vnd.oci.image.index.v1+json",
        ]
        object["digest"] = tag.digest
        if !tag.hidesPulls { object["tag_last_pulled"] = time(tag.pulled) }
        object["images"] = tag.images.map { image -> [String: Any] in
            [
                "architecture": "amd64", "os": "linux", "variant": NSNull(), "features": "",
                "digest": image.digest, "size": image.size, "status": "active",
                "last_pulled": tag.hidesPulls ? NSNull() as Any : time(tag.pulled),
                "last_pushed": time(tag.pushed),
            ]
        }
        return object
    }

    /// RFC 3339 with six digits, as the Hub writes it.
    private static func time(_ date: Date?) -> Any {
        guard let date else { return NSNull() }
        let whole = Date(timeIntervalSince1970: date.timeIntervalSince1970.rounded(.down))
        return String(whole.formatted(.iso8601).dropLast()) + ".766773Z"
    }
}

extension FakeRegistry.Reply {
    static func object(_ status: Int, _ object: [String: Any]) -> Self {
        let data = (try? JSONSerialization.data(withJSONObject: object)) ?? Data()
        return .json(status, String(decoding: data, as: UTF8.self))
    }

    static func detail(_ status: Int, _ text: String) -> Self {
        .object(status, ["detail": text, "error": false])
    }
}
