import CurlTransport
import RegistryClients
import RegistryModel
import TestSupport
import Testing

struct OCIAuthorizationTests {
    let user = Credentials(username: "cleaner", password: Secret("s3cret"))
    let clock = ManualClock()

    // No credentials before the registry asks, and no second question afterwards.
    @Test func basicIsSentOnceAskedFor() async throws {
        try await withRegistry { registry in
            await registry.set { $0.authentication = .basic(user: "cleaner", password: "s3cret") }
            let client = try OCIRegistryClient.make(registry.url, user)
            try await client.ping()
            try await client.ping()
            let fields = await registry.requests.map(\.authorization)
            let basic = "Basic Y2xlYW5lcjpzM2NyZXQ="
            #expect(fields == [nil, basic, basic])
        }
    }

    @Test func wrongPasswordIsUnauthorizedAfterOneTry() async throws {
        try await withRegistry { registry in
            await registry.set { $0.authentication = .basic(user: "cleaner", password: "other") }
            let client = try OCIRegistryClient.make(registry.url, user)
            let error = try await expectError(.unauthorized) { try await client.ping() }
            #expect(!error.description.contains("s3cret"))
            #expect(await registry.requests.count == 2)
        }
    }

    @Test func missingCredentialsAreNamed() async throws {
        try await withRegistry { registry in
            await registry.set { $0.authentication = .basic(user: "cleaner", password: "s3cret") }
            let client = try OCIRegistryClient.make(registry.url)
            let error = try await expectError(.unauthorized) { try await client.ping() }
            #expect(error.description.contains("no credentials are set"))
        }
    }

    @Test func tokenIsFetchedOncePerScope() async throws {
        try await withRegistry { registry in
            await useTokens(registry)
            await registry.addImage("team/api", "v1", layers: [[1]])
            let client = try OCIRegistryClient.make(registry.url, user, clock: clock)
            for _ in 0..<3 { _ = try await client.tags(of: .team) }
            #expect(await registry.tokenCount == 1)
            _ = try await client.delete(.team, .tag(named: "v1"))
            #expect(await registry.tokenCount == 2)
            let question = await registry.requests.first { $0.path == "/token" }
            #expect(question?.query == "service=fake&scope=repository%3Ateam%2Fapi%3Apull")
            #expect(question?.authorization == "Basic Y2xlYW5lcjpzM2NyZXQ=")
        }
    }

    @Test func anonymousTokenIsFetchedWithoutCredentials() async throws {
        try await withRegistry { registry in
            await registry.set {
                $0.authentication = .bearer(user: nil, password: nil, realm: nil)
            }
            _ = try await OCIRegistryClient.make(registry.url).tags(of: .team)
            #expect(await registry.tokenCount == 1)
        }
    }

    @Test func expiredTokenIsReplacedBeforeItFails() async throws {
        try await withRegistry { registry in
            await useTokens(registry)
            let client = try OCIRegistryClient.make(registry.url, user, clock: clock)
            _ = try await client.tags(of: .team)
            clock.advance(by: .seconds(289))
            _ = try await client.tags(of: .team)
            #expect(await registry.tokenCount == 1)
            clock.advance(by: .seconds(2))
            _ = try await client.tags(of: .team)
            #expect(await registry.tokenCount == 2)
        }
    }

    @Test func revokedTokenIsReplacedOnce() async throws {
        try await withRegistry { registry in
            await useTokens(registry)
            let client = try OCIRegistryClient.make(registry.url, user, clock: clock)
            _ = try await client.tags(of: .team)
            await registry.revokeTokens()
            _ = try await client.tags(of: .team)
            #expect(await registry.tokenCount == 2)
        }
    }

    @Test func registryThatKeepsSayingUnauthorizedIsNotAskedForEver() async throws {
        try await withRegistry { registry in
            await useTokens(registry)
            await registry.fail(next: 100, .challenge) { _, path in path != "/token" }
            let client = try OCIRegistryClient.make(registry.url, user, clock: clock)
            try await expectError(.unauthorized) { _ = try await client.tags(of: .team) }
            #expect(await registry.requests.count == 3)
        }
    }

    @Test func tokenServerThatRefusesIsUnauthorized() async throws {
        try await withRegistry { registry in
            await useTokens(registry)
            let wrong = Credentials(username: "cleaner", password: Secret("wrong"))
            let client = try OCIRegistryClient.make(registry.url, wrong, clock: clock)
            try await expectError(.unauthorized) { _ = try await client.tags(of: .team) }
            #expect(await registry.requests.count == 2)
        }
    }

    @Test func manyRequestsAtOnceFetchOneToken() async throws {
        try await withRegistry { registry in
            await useTokens(registry)
            await registry.fail(.slow(.milliseconds(200))) { _, path in path == "/token" }
            let client = try OCIRegistryClient.make(registry.url, user, clock: clock)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { _ = try await client.tags(of: .team) } }
                try await group.waitForAll()
            }
            #expect(await registry.tokenCount == 1)
        }
    }

    // A loopback registry may name a token server on another loopback name, nothing else in the
    // clear; the addresses are of a documentation network, and must not be asked.
    @Test(arguments: [
        "http://192.0.2.1/token", "http://example.test/token", "ftp://127.0.0.1/", "",
    ])
    func credentialsDoNotGoToAnotherHostInTheClear(realm: String) async throws {
        try await withRegistry { registry in
            await registry.set {
                $0.authentication = .bearer(user: "cleaner", password: "s3cret", realm: realm)
            }
            let spy = SpyTransport(base: transport)
            let client = try OCIRegistryClient.make(registry.url, user, transport: spy)
            let error = await #expect(throws: RegistryError.self) { try await client.ping() }
            #expect(error?.kind == .unauthorized || error?.kind == .badAnswer)
            #expect(await spy.urls == ["\(registry.url)/v2/"])
        }
    }

    @Test func tokenServerOnLoopbackIsTrustedByALoopbackRegistry() async throws {
        try await withRegistry { registry in
            let port = registry.host.split(separator: ":")[1]
            await registry.set {
                $0.authentication = .bearer(
                    user: "cleaner",
                    password: "s3cret",
                    realm: "http://localhost:\(port)/token"
                )
            }
            try await OCIRegistryClient.make(registry.url, user).ping()
        }
    }

    private func useTokens(_ registry: FakeRegistry) async {
        await registry.set {
            $0.authentication = .bearer(user: "cleaner", password: "s3cret", realm: nil)
        }
    }
}

/// Notes where requests go.
private actor SpyTransport: HTTPTransport {
    let base: CurlTransport
    private(set) var urls: [String] = []

    init(base: CurlTransport) { self.base = base }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        urls.append(request.url)
        return try await base.send(request)
    }
}
