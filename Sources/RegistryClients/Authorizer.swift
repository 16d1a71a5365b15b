import CurlTransport
import Foundation
import RegistryModel

/// Turns the registry's challenges into the field `Authorization`, and remembers what worked.
///
/// Tokens are kept per scope until shortly before they expire. However many requests need one at
/// once, it is fetched once.
actor Authorizer {
    private struct Token {
        var field: String
        var expires: Timestamp
    }

    private enum Scheme {
        case unknown
        case basic
        case bearer
    }

    private let origin: RegistryAddress.Origin
    private let credentials: Credentials?
    private let exchange: Exchange
    private var scheme = Scheme.unknown
    private var tokens: [String: Token] = [:]
    private var fetches: [String: Task<Result<String, RegistryError>, Never>] = [:]

    init(origin: RegistryAddress.Origin, credentials: Credentials?, exchange: Exchange) {
        self.origin = origin
        self.credentials = credentials
        self.exchange = exchange
    }

    /// What to send at once, without waiting for a challenge; nil where nothing is known yet.
    func field(for scope: String) -> String? {
        switch scheme {
        case .unknown: return nil
        case .basic: return credentials?.basicField
        case .bearer: return usableToken(scope)
        }
    }

    private func usableToken(_ scope: String) -> String? {
        guard let token = tokens[scope], token.expires > exchange.pace.time else { return nil }
        return token.field
    }

    /// What to send after a 401, where `rejected` was sent and not accepted.
    func field(
        for scope: String,
        answering challenges: [AuthChallenge],
        rejected: String?,
        _ call: RegistryCall
    ) async throws(RegistryError) -> String {
        let offersBasic = challenges.contains { $0.scheme == "basic" }
        if offersBasic, let field = credentials?.basicField, field != rejected {
            scheme = .basic
            return field
        }
        guard let challenge = challenges.first(where: { $0.scheme == "bearer" }) else {
            let detail = credentials == nil ? "no credentials are set" : nil
            throw call.error(.unauthorized, status: 401, detail)
        }
        scheme = .bearer
        // Somebody else may have fetched a new one while ours was on its way.
        if let field = usableToken(scope), field != rejected { return field }
        let realm = try tokenURL(challenge, scope, call)
        let running = fetches[scope]
        let fetch = running ?? Task { await self.fetch(realm, scope, call) }
        fetches[scope] = fetch
        let result = await fetch.value
        if running == nil { fetches[scope] = nil }
        return try result.get()
    }

    private func fetch(
        _ url: String,
        _ scope: String,
        _ call: RegistryCall
    ) async -> Result<String, RegistryError> {
        do throws(RegistryError) {
            var request = HTTPRequest(url: url)
            request.headers["User-Agent"] = OwnUserAgent.product
            request.headers["Accept"] = "application/json"
            request.headers["Authorization"] = credentials?.basicField
            request.bodyLimit = Self.longestAnswer
            let asked = exchange.pace.time
            let response = try await exchange.send(request, for: call)
            let token = try Self.token(response, asked: asked, call)
            tokens[scope] = token
            return .success(token.field)
        } catch {
            return .failure(error)
        }
    }

    private static func token(
        _ response: HTTPResponse,
        asked: Timestamp,
        _ call: RegistryCall
    ) throws(RegistryError) -> Token {
        guard response.status == 200 else {
            throw call.error(.unauthorized, status: response.status, "no token was given")
        }
        let answer = try? JSONDecoder().decode(TokenAnswer.self, from: Data(response.body))
        guard let answer, let text = answer.token ?? answer.accessToken, !text.isEmpty,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { throw call.error(.badAnswer, "the token server's answer holds no token") }
        let lifetime = Int64(min(max(answer.lifetime ?? 60, 0), 86_400))
        // The last seconds are left: a request may be under way for a while.
        let used = Span.seconds(lifetime - min(10, lifetime / 2))
        return Token(field: "Bearer \(text)", expires: asked + used)
    }

    /// Far more than any token.
    private static let longestAnswer = 1 << 20
}

extension Authorizer {
    /// The URL to ask for a token, if its place is one that may see the credentials.
    private func tokenURL(
        _ challenge: AuthChallenge,
        _ scope: String,
        _ call: RegistryCall
    ) throws(RegistryError) -> String {
        guard let text = challenge.parameters["realm"], var realm = URLComponents(string: text),
            let place = RegistryAddress.Origin(realm)
        else {
            throw call.error(.badAnswer, status: 401, "the registry names no usable token server")
        }
        // In the clear only where the registry is in the clear, and not to a third party.
        let isTrusted =
            place.isSecure
            || (!origin.isSecure && (place.host == origin.host || place.isLoopback))
        guard isTrusted else {
            throw call.error(
                .unauthorized,
                status: 401,
                "the token server \(place.host) is another host without https, and gets no password"
            )
        }
        var query = realm.percentEncodedQuery.map { [$0] } ?? []
        if let service = challenge.parameters["service"] {
            query.append("service=\(service.percentEncoded)")
        }
        let scopes = (challenge.parameters["scope"] ?? scope).split(separator: " ")
        query += scopes.map { "scope=\(String($0).percentEncoded)" }
        realm.percentEncodedQuery = query.isEmpty ? nil : query.joined(separator: "&")
        realm.fragment = nil
        guard let url = realm.string else {
            throw call.error(.badAnswer, status: 401, "the registry names no usable token server")
        }
        return url
    }
}

/// The answer of a token server; one of the two names holds the token.
private struct TokenAnswer: Decodable {
    var token: String?
    var accessToken: String?
    /// Seconds.
    var lifetime: Double?

    private enum CodingKeys: String, CodingKey {
        case token
        case accessToken = "access_token"
        case lifetime = "expires_in"
    }
}

extension Credentials {
    fileprivate var basicField: String {
        "Basic " + Data("\(username):\(password.revealed)".utf8).base64EncodedString()
    }
}
