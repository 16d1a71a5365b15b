import CurlTransport
import Foundation
import RegistryModel

/// A login at Docker Hub: a token that is renewed before it ends, and once when it is refused.
///
/// However many requests need one at once, one login is sent.
actor HubSession {
    private let address: RegistryAddress
    private let credentials: Credentials?
    private let exchange: Exchange
    private var token: (field: String, renewal: Timestamp)?
    private var login: Task<Result<String, RegistryError>, Never>?

    init(address: RegistryAddress, credentials: Credentials?, exchange: Exchange) {
        self.address = address
        self.credentials = credentials
        self.exchange = exchange
    }

    /// The field `Authorization`; nil without credentials, for what everybody may read.
    ///
    /// `rejected` was sent and not accepted.
    func field(
        rejected: String? = nil,
        _ call: RegistryCall
    ) async throws(RegistryError) -> String? {
        guard let credentials else {
            guard rejected == nil else {
                throw call.error(.unauthorized, status: 401, "no credentials are set")
            }
            return nil
        }
        if let token, token.renewal > exchange.pace.time, token.field != rejected {
            return token.field
        }
        let running = login
        let task = running ?? Task { await self.logIn(credentials, call) }
        login = task
        let result = await task.value
        if running == nil { login = nil }
        return try result.get()
    }

    private func logIn(
        _ credentials: Credentials,
        _ call: RegistryCall
    ) async -> Result<String, RegistryError> {
        do throws(RegistryError) {
            let asked = exchange.pace.time
            let response = try await askForToken(credentials, call)
            let answer = try? JSONDecoder().decode(LoginAnswer.self, from: Data(response.body))
            guard let text = answer?.accessToken ?? answer?.token, text.isFieldValue else {
                throw call.error(.badAnswer, "the answer to the login holds no token")
            }
            let lifetime = JSONWebToken(text)?.lifetime(askedAt: asked) ?? Self.standardLifetime
            // A request may be under way for a while, and clocks tick.
            let margin = min(30_000, lifetime.milliseconds / 2)
            let used = Span(milliseconds: lifetime.milliseconds - margin)
            let field = "Bearer \(text)"
            token = (field, asked + used)
            return .success(field)
        } catch {
            return .failure(error)
        }
    }

    /// By the present way, and by the deprecated one where there is no such.
    private func askForToken(
        _ credentials: Credentials,
        _ call: RegistryCall
    ) async throws(RegistryError) -> HTTPResponse {
        let secret = credentials.password.revealed
        var response = try await post(
            "/v2/auth/token",
            ["identifier": credentials.username, "secret": secret],
            call
        )
        if response.status == 404 || response.status == 405 {
            response = try await post(
                "/v2/users/login",
                ["username": credentials.username, "password": secret],
                call
            )
        }
        guard response.status == 200 else { throw refusal(response, call) }
        return response
    }

    private func refusal(_ response: HTTPResponse, _ call: RegistryCall) -> RegistryError {
        let answer = try? JSONDecoder().decode(LoginAnswer.self, from: Data(response.body))
        if answer?.secondFactor != nil {
            return call.error(
                .unauthorized,
                status: response.status,
                "the account asks for a second factor; use a personal access token as the password"
            )
        }
        if (300..<400).contains(response.status) {
            return call.error(
                .unauthorized,
                status: response.status,
                "the login redirects, and a password follows no redirect"
            )
        }
        let detail = HubRefusal.text(response.body).map { "the login was refused: \($0)" }
        return call.error(
            .unauthorized,
            status: response.status,
            detail ?? "the login was refused"
        )
    }

    private func post(
        _ path: String,
        _ fields: [String: String],
        _ call: RegistryCall
    ) async throws(RegistryError) -> HTTPResponse {
        let body = try? JSONEncoder().encode(fields)
        var request = HTTPRequest(
            method: "POST",
            url: address.url(path),
            headers: ["Content-Type": "application/json", "Accept": "application/json"],
            body: body.map { Array($0) }
        )
        request.headers["User-Agent"] = OwnUserAgent.product
        request.bodyLimit = Self.longestAnswer
        return try await exchange.send(request, for: call)
    }

    /// Tokens are good for about ten minutes; for those that do not say so.
    private static let standardLifetime = Span.minutes(5)
    private static let longestAnswer = 1 << 20
}

private struct LoginAnswer: Decodable {
    var accessToken: String?
    var token: String?
    var secondFactor: String?

    private enum CodingKeys: String, CodingKey {
        case accessToken = "access_token"
        case token
        case secondFactor = "login_2fa_token"
    }
}
