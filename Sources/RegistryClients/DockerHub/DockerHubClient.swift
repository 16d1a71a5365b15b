package import CurlTransport
import Foundation
package import RegistryModel

/// Docker Hub by its own API, which tells of last pulls and deletes tags; its registry does neither.
///
/// No manifest is ever read: that would count as a pull.
package struct DockerHubClient: TellingRegistry {
    let address: RegistryAddress
    let namespaces: [String]
    private let session: HubSession
    private let exchange: Exchange
    private let timeout: Span

    /// Makes a client; nothing is sent yet.
    ///
    /// `namespaces` are those whose repositories are listed, where they are not named one by one.
    /// `random` gives numbers from 0 up to, not including, 1, and spreads repeated requests.
    package init(
        url address: RegistryAddress,
        namespaces: [String],
        credentials: Credentials? = nil,
        transport: any HTTPTransport,
        pace: Pace = Pace(startingAt: standardRate),
        timeout: Span = .seconds(30),
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.address = address
        self.namespaces = namespaces
        self.timeout = timeout
        exchange = Exchange(
            transport: transport,
            pace: pace,
            random: random,
            patience: Exchange.endlessPatience
        )
        session = HubSession(address: address, credentials: credentials, exchange: exchange)
    }

    package static let standardURL = "https://hub.docker.com"

    /// Requests a second to begin with; the Hub is quick to say when that is too much.
    package static let standardRate = 100.0

    package var traits: RegistryTraits {
        RegistryTraits(
            noWayBack: "Docker Hub takes no manifest back, so `restore` can't put it back",
            tellsLastPull: true,
            canBeProbed: false,
            width: 24
        )
    }

    /// Whether the Hub takes the login, and the namespaces are there.
    package func ping() async throws(RegistryError) {
        let call = RegistryCall(operation: "ask", subject: "\(address)")
        _ = try await session.field(call)
        guard let namespace = namespaces.first else { return }
        let page = HubPath.repositories(of: namespace)
        let response = try await send(HTTPRequest(url: address.url("\(page)?page_size=1")), call)
        guard response.status == 200 || response.status == 404 else {
            throw refusal(response, call)
        }
    }

    /// Sends a request with what authorizes it, once more after a 401.
    ///
    /// Any answer is returned but 401, 429 and a server's error.
    func send(
        _ request: HTTPRequest,
        _ call: RegistryCall
    ) async throws(RegistryError) -> HTTPResponse {
        var request = request
        request.timeout = timeout
        request.headers["User-Agent"] = OwnUserAgent.product
        request.headers["Accept"] = "application/json"
        let field = try await session.field(call)
        request.headers["Authorization"] = field
        let first = try await exchange.send(request, for: call)
        guard first.status == 401 else { return first }
        request.headers["Authorization"] = try await session.field(rejected: field ?? "", call)
        let second = try await exchange.send(request, for: call)
        guard second.status != 401 else { throw call.error(.unauthorized, status: 401) }
        return second
    }

    /// The error that an answer other than the hoped-for one stands for.
    func refusal(_ response: HTTPResponse, _ call: RegistryCall) -> RegistryError {
        let detail = HubRefusal.text(response.body)
        let status = response.status
        return switch status {
        case 403: call.error(.forbidden, status: status, detail)
        case 404: call.error(.notFound, status: status, detail)
        case 409, 412, 423: call.error(.protected, status: status, detail)
        case 405: call.error(.unsupported, status: status, detail)
        case 300..<400: call.error(.badAnswer, status: status, "a redirect is not followed here")
        default: call.error(.badAnswer, status: status, detail)
        }
    }

    func decode<Content: Decodable>(
        _ response: HTTPResponse,
        _ call: RegistryCall
    ) throws(RegistryError) -> Content {
        do { return try JSONDecoder().decode(Content.self, from: Data(response.body)) } catch {
            throw call.error(.badAnswer, status: response.status, "not what the Hub's API says")
        }
    }
}

/// The paths of the Hub's API.
enum HubPath {
    static func repositories(of namespace: String) -> String {
        "/v2/namespaces/\(namespace.percentEncoded)/repositories"
    }

    /// The older name of the same list.
    static func olderRepositories(of namespace: String) -> String {
        "/v2/repositories/\(namespace.percentEncoded)/"
    }

    static func tags(of repository: RepositoryName) throws(RegistryError) -> String {
        let (namespace, name) = try parts(repository)
        return "/v2/namespaces/\(namespace)/repositories/\(name)/tags"
    }

    static func deletion(
        of tag: String,
        in repository: RepositoryName
    ) throws(RegistryError) -> String {
        let (namespace, name) = try parts(repository)
        return "/v2/repositories/\(namespace)/\(name)/tags/\(tag)/"
    }

    /// The Hub's repositories have a namespace, and no other slash.
    private static func parts(
        _ repository: RepositoryName
    ) throws(RegistryError) -> (Substring, Substring) {
        let parts = repository.description.split(separator: "/")
        guard parts.count == 2 else {
            throw RegistryError(
                operation: "ask for",
                subject: "\(repository)",
                kind: .notFound,
                detail: "a repository of Docker Hub has the form NAMESPACE/NAME"
            )
        }
        return (parts[0], parts[1])
    }
}
