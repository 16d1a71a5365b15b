import CurlTransport
import RegistryModel
import TestSupport
import Testing

@testable import RegistryClients

/// Where credentials may go besides the registry itself: the realm that it names, if that is on its
/// own host or trusted, over a transport that is no worse.
struct TokenRealmTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var registry: String
        var realm: String
        var trusted: Set<String> = []
        var isTold: Bool

        var testDescription: String { "\(registry) names \(realm), trusted: \(trusted)" }
    }

    private static let cases = [
        Case(registry: "https://r.test", realm: "https://r.test/token", isTold: true),
        Case(registry: "https://r.test:5000", realm: "https://R.test/token", isTold: true),
        Case(registry: "http://r.test", realm: "http://r.test/token", isTold: true),
        Case(registry: "http://r.test", realm: "https://r.test/token", isTold: true),
        // Worse than the registry's own transport.
        Case(registry: "https://r.test", realm: "http://r.test/token", isTold: false),
        Case(registry: "https://r.test", realm: "http://127.0.0.1/token", isTold: false),
        // Another host, whatever its name looks like.
        Case(registry: "https://r.test", realm: "https://auth.r.test/token", isTold: false),
        Case(registry: "https://r.test", realm: "https://r.test.evil.test/token", isTold: false),
        Case(registry: "https://r.test", realm: "https://r.test@evil.test/token", isTold: false),
        Case(registry: "http://r.test", realm: "http://127.0.0.1/token", isTold: false),
        // Unless its owner says that it is the right one.
        Case(
            registry: "https://r.test",
            realm: "https://auth.r.test/token",
            trusted: ["auth.r.test"],
            isTold: true
        ),
        Case(
            registry: "https://r.test",
            realm: "http://auth.r.test/token",
            trusted: ["auth.r.test"],
            isTold: false
        ),
        // What the makers of public registries say themselves.
        Case(
            registry: "https://registry.gitlab.com",
            realm: "https://gitlab.com/jwt",
            isTold: true
        ),
        Case(
            registry: "https://registry-1.docker.io",
            realm: "https://auth.docker.io/token",
            isTold: true
        ),
        Case(registry: "https://gitlab.com", realm: "https://registry.gitlab.com/", isTold: false),
        Case(registry: "http://127.0.0.1:5000", realm: "http://localhost:81/token", isTold: true),
        Case(registry: "https://r.test", realm: "", isTold: false),
        Case(registry: "https://r.test", realm: "file:///etc/passwd", isTold: false),
    ]

    @Test(arguments: cases)
    func credentialsGoOnlyWhereTheyMay(_ example: Case) async throws {
        let transport = ScriptedTransport(
            challenge: #"Bearer realm="\#(example.realm)",service="r""#
        )
        let client = OCIRegistryClient(
            url: try #require(RegistryAddress(example.registry)),
            credentials: Credentials(username: "cleaner", password: Secret("s3cret")),
            transport: transport,
            pace: ManualClock().makePace(),
            trustedRealms: example.trusted
        )
        let error = await Self.error { try await client.ping() }
        #expect((error == nil) == example.isTold, "\(error?.description ?? "none")")
        let asked = await transport.requests.dropFirst()
        #expect(asked.isEmpty == !example.isTold)
        guard let error else { return }
        #expect(error.kind == .unauthorized || error.kind == .badAnswer)
        #expect(!error.description.contains("s3cret"))
    }

    // There is nothing to keep from anybody.
    @Test func aTokenForEverybodyIsFetchedFromAnotherHost() async throws {
        let transport = ScriptedTransport(challenge: #"Bearer realm="https://other.test/t""#)
        let client = OCIRegistryClient(
            url: try #require(RegistryAddress("https://r.test")),
            transport: transport,
            pace: ManualClock().makePace()
        )
        try await client.ping()
        #expect(await transport.requests.count == 3)
    }

    @Test(arguments: [301, 302, 307, 308])
    func credentialsFollowNoRedirectOfATokenServer(status: Int) async throws {
        try await withRegistry { registry in
            await registry.set {
                $0.authentication = .bearer(user: "cleaner", password: "s3cret", realm: nil)
            }
            let place = "http://localhost:\(registry.host.split(separator: ":")[1])/token"
            await registry.fail(.answer(status, headers: ["Location": place])) { _, path in
                path == "/token"
            }
            let user = Credentials(username: "cleaner", password: Secret("s3cret"))
            let client = try OCIRegistryClient.make(registry.url, user)
            let error = try await expectError(.unauthorized) { try await client.ping() }
            #expect(error.description.contains("redirect"))
            let questions = await registry.requests.filter { $0.path == "/token" }
            #expect(questions.count == 1)
        }
    }

    private static func error(_ body: () async throws -> Void) async -> RegistryError? {
        do { try await body() } catch { return error as? RegistryError }
        return nil
    }
}

/// A registry that challenges, a token server that gives a token, and a note of what was sent.
private actor ScriptedTransport: HTTPTransport {
    let challenge: String
    private(set) var requests: [HTTPRequest] = []

    init(challenge: String) { self.challenge = challenge }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        requests.append(request)
        guard request.url.hasSuffix("/v2/") else {
            return HTTPResponse(status: 200, body: Array(#"{"token":"t","expires_in":300}"#.utf8))
        }
        guard request.headers["Authorization"] == "Bearer t" else {
            return HTTPResponse(status: 401, headers: ["Www-Authenticate": challenge])
        }
        return HTTPResponse(status: 200)
    }
}
