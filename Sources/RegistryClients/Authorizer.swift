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

    let credentials: Credentials?
    let exchange: Exchange
    let grant: TokenGrant
    private let realm: TokenRealm
    /// What `TokenGrant.refreshToken` was exchanged for.
    var refreshToken: Secret?
    private var scheme = Scheme.unknown
    private var tokens: [String: Token] = [:]
    private var fetches: [String: Task<Result<String, RegistryError>, Never>] = [:]

    init(
        origin: RegistryAddress.Origin,
        credentials: Credentials?,
        exchange: Exchange,
        trustedRealms: Set<String> = [],
        grant: TokenGrant = .basic
    ) {
        self.credentials = credentials
        self.exchange = exchange
        self.grant = grant
        realm = TokenRealm(
            trusted: trustedRealms,
            origin: origin,
            hasCredentials: credentials != nil
        )
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
        if offersBasic, grant.isBasic, let field = credentials?.basicField, field != rejected {
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
        let place = try realm.place(challenge.parameters["realm"], call)
        let question = Question(challenge, scope, place, grant)
        let running = fetches[scope]
        let fetch = running ?? Task { await self.fetch(question, scope, call) }
        fetches[scope] = fetch
        let result = await fetch.value
        if running == nil { fetches[scope] = nil }
        return try result.get()
    }

    private func fetch(
        _ question: Question,
        _ scope: String,
        _ call: RegistryCall
    ) async -> Result<String, RegistryError> {
        do throws(RegistryError) {
            let asked = exchange.pace.time
            let response = try await ask(question, call)
            let token = try Self.token(response, asked: asked, call)
            tokens[scope] = token
            return .success(token.field)
        } catch {
            return .failure(error)
        }
    }

    private func ask(
        _ question: Question,
        _ call: RegistryCall
    ) async throws(RegistryError) -> HTTPResponse {
        if grant == .refreshToken { return try await askWithRefreshToken(question, call) }
        guard let url = question.url else {
            throw call.error(.badAnswer, "the registry names no usable token server")
        }
        var request = HTTPRequest(url: url)
        request.headers["Authorization"] = credentials?.basicField
        return try await send(request, call)
    }

    /// Sends a request to a token server, and never follows where that leads to.
    func send(
        _ request: HTTPRequest,
        _ call: RegistryCall
    ) async throws(RegistryError) -> HTTPResponse {
        var request = request
        request.headers["User-Agent"] = OwnUserAgent.product
        request.headers["Accept"] = "application/json"
        request.bodyLimit = Self.longestAnswer
        let response = try await exchange.send(request, for: call)
        guard !(300..<400).contains(response.status) else {
            throw call.error(
                .unauthorized,
                status: response.status,
                "the token server redirects, and a password follows no redirect"
            )
        }
        return response
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
        guard let answer, let text = answer.token ?? answer.accessToken, text.isFieldValue
        else { throw call.error(.badAnswer, "the token server's answer holds no token") }
        let told = answer.lifetime.map { Span.seconds(Int64(min(max($0, 0), 86_400))) }
        let lifetime = told ?? JSONWebToken(text)?.lifetime(askedAt: asked) ?? standardLifetime
        // The last seconds are left: a request may be under way for a while.
        let margin = min(10_000, lifetime.milliseconds / 2)
        let used = Span(milliseconds: min(lifetime.milliseconds, 86_400_000) - margin)
        return Token(field: "Bearer \(text)", expires: asked + used)
    }

    /// Where a token server does not say (distribution's token specification).
    private static let standardLifetime = Span.seconds(60)

    /// Far more than any token.
    private static let longestAnswer = 1 << 20
}

/// What a token server is asked.
struct Question: Sendable {
    var place: URLComponents
    var service: String?
    var scopes: [String]

    init(
        _ challenge: AuthChallenge,
        _ scope: String,
        _ place: URLComponents,
        _ grant: TokenGrant
    ) {
        self.place = place
        service = challenge.parameters["service"]
        scopes = (challenge.parameters["scope"] ?? scope).split(separator: " ").map(String.init)
        // One token for all that is done in a repository, in place of one for each verb.
        if grant.asksForAll, !scope.isEmpty, !scopes.contains(scope) { scopes.append(scope) }
    }

    /// The URL of a question by GET.
    var url: String? {
        var place = place
        var query = place.percentEncodedQuery.map { [$0] } ?? []
        if let service { query.append("service=\(service.percentEncoded)") }
        query += scopes.map { "scope=\($0.percentEncoded)" }
        place.percentEncodedQuery = query.isEmpty ? nil : query.joined(separator: "&")
        return place.string
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

extension String {
    /// Whether it can stand in a header field after a scheme.
    var isFieldValue: Bool { !isEmpty && utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } }
}

extension Credentials {
    fileprivate var basicField: String {
        "Basic " + Data("\(username):\(password.revealed)".utf8).base64EncodedString()
    }
}
