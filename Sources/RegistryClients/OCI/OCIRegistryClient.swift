package import CurlTransport
import Foundation
package import RegistryModel

/// A registry that speaks the OCI distribution API, as distribution, Harbor, zot and Quay do.
package struct OCIRegistryClient: RegistryClient {
    let address: RegistryAddress
    private let exchange: Exchange
    private let authorizer: Authorizer
    private let timeout: Span
    /// Whether rights have the names that Azure gives them.
    private let isAzure: Bool

    /// Makes a client; nothing is sent yet.
    ///
    /// All clients of one registry share one `pace`. `timeout` is for each attempt of a call but
    /// uploads. `trustedRealms` are hosts besides the registry's own that may see the credentials,
    /// if the registry names one as its token server; a patient client waits for a registry that is
    /// asked too much as long as that wants. `random` gives numbers from 0 up to, not including, 1,
    /// and spreads repeated requests.
    package init(
        url address: RegistryAddress,
        credentials: Credentials? = nil,
        transport: any HTTPTransport,
        pace: Pace = Pace(),
        timeout: Span = .seconds(30),
        trustedRealms: Set<String> = [],
        grant: TokenGrant = .basic,
        isPatient: Bool = false,
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.address = address
        self.timeout = timeout
        isAzure = grant.asksForAll
        exchange = Exchange(
            transport: transport,
            pace: pace,
            random: random,
            patience: isPatient ? Exchange.endlessPatience : Exchange.standardPatience
        )
        authorizer = Authorizer(
            origin: address.origin,
            credentials: credentials,
            exchange: exchange,
            trustedRealms: trustedRealms,
            grant: grant
        )
    }

    package func ping() async throws(RegistryError) {
        let call = RegistryCall(operation: "ask", subject: "\(address)")
        let response = try await send(HTTPRequest(url: address.url("/v2/")), scope: "", call)
        guard response.status == 200 else {
            throw refusal(response, call, "is this the address of a registry?")
        }
    }

    /// Sends a request of the API with what authorizes it, once more after a 401.
    ///
    /// `scope` is what a token has to permit, unless the registry names another scope; `userAgent`
    /// goes in place of lastpull's own. Any answer is returned but 401, 429 and a server's error.
    func send(
        _ request: HTTPRequest,
        scope: String,
        userAgent: String? = nil,
        atMost limit: Span? = nil,
        _ call: RegistryCall
    ) async throws(RegistryError) -> HTTPResponse {
        var request = request
        request.timeout = limit ?? timeout
        request.headers["User-Agent"] = userAgent ?? OwnUserAgent.product
        let field = await authorizer.field(for: scope)
        request.headers["Authorization"] = field
        let first = try await exchange.send(request, for: call)
        guard first.status == 401 else { return first }
        request.headers["Authorization"] = try await authorizer.field(
            for: scope,
            answering: AuthChallenge.parse(first.headers.values(of: "Www-Authenticate")),
            rejected: field,
            call
        )
        let second = try await exchange.send(request, for: call)
        guard second.status == 401 else { return second }
        throw MissingRight.error(second, isAzure: isAzure, call)
            ?? call.error(.unauthorized, status: 401)
    }

    /// The error that an answer other than the hoped-for one stands for.
    func refusal(
        _ response: HTTPResponse,
        _ call: RegistryCall,
        _ advice: String? = nil
    ) -> RegistryError {
        let status = response.status
        let detail = advice ?? ErrorBody.code(response.body)
        return switch status {
        case 401: call.error(.unauthorized, status: status, detail)
        case 403: call.error(.forbidden, status: status, detail)
        case 404: call.error(.notFound, status: status, detail)
        case 405: call.error(.unsupported, status: status, detail)
        case 409, 412, 423: call.error(.protected, status: status, Self.protection(status, detail))
        case 300..<400: call.error(.badAnswer, status: status, "a redirect is not followed here")
        default: call.error(.badAnswer, status: status, detail)
        }
    }
}

extension OCIRegistryClient {
    /// Why a registry does not let go, as far as its answer tells.
    static func protection(_ status: Int, _ code: String?) -> String {
        let reason =
            switch status {
            case 409: "something refers to it, or it is being changed"
            case 412: "a rule of the registry makes its tag immutable"
            default: "it is locked"
            }
        return code.map { "\($0), \(reason)" } ?? reason
    }
}

/// The body of an error (OCI distribution specification, section "Error codes").
enum ErrorBody {
    /// The first error's code, or nil where the body is missing or no such body.
    static func code(_ bytes: [UInt8]) -> String? {
        let content = try? JSONDecoder().decode(Content.self, from: Data(bytes))
        guard let code = content?.errors.first?.code, code.utf8.count <= 64 else { return nil }
        let isCode = code.utf8.allSatisfy {
            ($0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z")) || $0 == UInt8(ascii: "_")
        }
        return isCode ? code : nil
    }

    private struct Content: Decodable {
        struct Item: Decodable { var code: String }
        var errors: [Item]
    }
}
