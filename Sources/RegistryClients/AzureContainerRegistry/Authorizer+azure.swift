import CurlTransport
import Foundation
import RegistryModel

// Tokens of an Azure Container Registry (Azure/acr, "AAD-OAuth").
extension Authorizer {
    /// Asks with a refresh token; one of the directory is exchanged for one of the registry first.
    func askWithRefreshToken(
        _ question: Question,
        _ call: RegistryCall
    ) async throws(RegistryError) -> HTTPResponse {
        let isKnown = refreshToken != nil
        let response = try await ask(question, try await registryToken(question, call), call)
        guard response.status == 400 || response.status == 401, isKnown else { return response }
        // It lives for some hours only; the directory's may still be good.
        refreshToken = nil
        return try await ask(question, try await registryToken(question, call), call)
    }

    private func ask(
        _ question: Question,
        _ token: Secret,
        _ call: RegistryCall
    ) async throws(RegistryError) -> HTTPResponse {
        try await post(
            question.place,
            [
                ("grant_type", "refresh_token"), ("service", service(question)),
                ("scope", question.scopes.joined(separator: " ")),
                ("refresh_token", token.revealed),
            ],
            call
        )
    }

    /// The registry's own refresh token.
    private func registryToken(
        _ question: Question,
        _ call: RegistryCall
    ) async throws(RegistryError) -> Secret {
        if let refreshToken { return refreshToken }
        guard let given = credentials?.password else {
            throw call.error(.unauthorized, status: 401, "no credentials are set")
        }
        guard Self.isOfDirectory(given) else { return given }
        var place = question.place
        place.path = "/oauth2/exchange"
        let response = try await post(
            place,
            [
                ("grant_type", "access_token"), ("service", service(question)),
                ("access_token", given.revealed),
            ],
            call
        )
        guard response.status == 200 else {
            throw call.error(
                .unauthorized,
                status: response.status,
                "the directory's token was not exchanged; it may have expired"
            )
        }
        let answer = try? JSONDecoder().decode(ExchangeAnswer.self, from: Data(response.body))
        guard let text = answer?.refreshToken, text.isFieldValue else {
            throw call.error(.badAnswer, "the answer holds no refresh token")
        }
        let token = Secret(text)
        refreshToken = token
        return token
    }

    private func service(_ question: Question) -> String {
        question.service ?? question.place.host ?? ""
    }

    /// Whether a token is from Microsoft Entra ID, and not from a registry.
    private static func isOfDirectory(_ token: Secret) -> Bool {
        let issuer = JSONWebToken(token.revealed)?.issuer ?? ""
        return issuer.hasPrefix("https://sts.windows.net/")
            || issuer.hasPrefix("https://login.microsoftonline.")
    }

    private func post(
        _ place: URLComponents,
        _ form: [(String, String)],
        _ call: RegistryCall
    ) async throws(RegistryError) -> HTTPResponse {
        guard let url = place.string else {
            throw call.error(.badAnswer, "the registry names no usable token server")
        }
        let body = form.map { "\($0.0)=\($0.1.percentEncoded)" }.joined(separator: "&")
        let request = HTTPRequest(
            method: "POST",
            url: url,
            headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: Array(body.utf8)
        )
        return try await send(request, call)
    }
}

private struct ExchangeAnswer: Decodable {
    var refreshToken: String?

    private enum CodingKeys: String, CodingKey {
        case refreshToken = "refresh_token"
    }
}
