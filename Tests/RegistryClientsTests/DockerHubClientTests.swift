import Foundation
import RegistryClients
import RegistryModel
import TestSupport
import Testing

/// Docker Hub's API: logins, lists, deletes.
struct DockerHubClientTests {
    // MARK: Login

    @Test(arguments: [true, false])
    func logsInOnceForAllRequests(hasAuthToken: Bool) async throws {
        try await withHub { hub in
            await hub.set { $0.hasAuthToken = hasAuthToken }
            await hub.add("team/api", "v1", seed: 1, pushed: .daysAgo(3))
            let client = try DockerHubClient.make(hub.url)
            for _ in 0..<3 { _ = try await client.tags(of: .team) }
            #expect(await hub.logins == 1)
            let agents = await hub.requests.map(\.userAgent)
            #expect(agents.allSatisfy { OwnUserAgent.matches($0) })
        }
    }

    @Test func manyRequestsAtOnceLogInOnce() async throws {
        try await withHub { hub in
            await hub.fail(.slow(.milliseconds(200))) { _, path in path == "/v2/auth/token" }
            let client = try DockerHubClient.make(hub.url)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { _ = try await client.tags(of: .team) } }
                try await group.waitForAll()
            }
            #expect(await hub.logins == 1)
        }
    }

    @Test func renewsATokenBeforeItEnds() async throws {
        try await withHub { hub in
            let clock = ManualClock()
            let client = try DockerHubClient.make(hub.url, clock: clock)
            _ = try await client.tags(of: .team)
            clock.advance(by: .seconds(560))
            _ = try await client.tags(of: .team)
            #expect(await hub.logins == 1)
            clock.advance(by: .seconds(15))
            _ = try await client.tags(of: .team)
            #expect(await hub.logins == 2)
        }
    }

    @Test func renewsATokenOnceThatIsRefused() async throws {
        try await withHub { hub in
            let client = try DockerHubClient.make(hub.url)
            _ = try await client.tags(of: .team)
            await hub.revokeTokens()
            _ = try await client.tags(of: .team)
            #expect(await hub.logins == 2)
            await hub.fail(next: 100, .challenge) { method, _ in method == "GET" }
            let before = await hub.requests.count
            try await expectError(.unauthorized) { _ = try await client.tags(of: .team) }
            #expect(await hub.requests.count == before + 3)
        }
    }

    @Test func wrongSecretIsSaidWithoutIt() async throws {
        try await withHub { hub in
            let wrong = Credentials(username: "ci-bot", password: Secret("wr0ng"))
            let client = try DockerHubClient.make(hub.url, wrong)
            let error = try await expectError(.unauthorized) { try await client.ping() }
            #expect(!error.description.contains("wr0ng"))
            #expect(await hub.requests.count == 1)
        }
    }

    @Test(arguments: [307, 302])
    func passwordFollowsNoRedirect(status: Int) async throws {
        try await withHub { hub in
            let elsewhere = "http://127.0.0.1:1/v2/auth/token"
            await hub.fail(.answer(status, headers: ["Location": elsewhere])) { _, _ in true }
            let client = try DockerHubClient.make(hub.url)
            let error = try await expectError(.unauthorized) { try await client.ping() }
            #expect(error.description.contains("redirect"))
        }
    }

    // MARK: Lists

    @Test func tellsAllThatTheHubSaysOfATag() async throws {
        try await withHub { hub in
            let (pushed, pulled) = (Date.daysAgo(40), Date.daysAgo(7))
            await hub.add("team/api", "v1", seed: 1, size: 31, pushed: pushed, pulled: pulled)
            await hub.add("team/api", "v2", seed: 2, pushed: pushed)
            await hub.add("team/api", "v2-too", seed: 2, pushed: pushed)
            let listing = try await DockerHubClient.make(hub.url).listing(of: .team)
            #expect(listing.isWhole)
            #expect(listing.tags.map(\.name.description) == ["v1", "v2", "v2-too"])
            let first = try #require(listing.tags.first)
            #expect(first.use == .at(pulled.toldByHub))
            #expect(first.pushedAt == pushed.toldByHub)
            #expect(listing.tags.last?.use == .never)
            #expect(listing.manifests.count == 2)
            let manifest = try #require(listing.manifests.first { $0.digest == first.digest })
            #expect(manifest.content?.blobs.map(\.size) == [31])
        }
    }

    @Test func readsAllPages() async throws {
        try await withHub { hub in
            await hub.set { hub in
                for seed in 0..<250 {
                    hub.add("team/api", "v\(seed)", seed: seed, pushed: .daysAgo(Double(seed)))
                }
            }
            let listing = try await DockerHubClient.make(hub.url).listing(of: .team)
            #expect(listing.isWhole && listing.tags.count == 250)
            let pages = await hub.requests.filter { $0.method == "GET" }.compactMap(\.query)
            #expect(pages == (1...3).map { "page=\($0)&page_size=100" })
        }
    }

    // A tag that goes shifts those behind it: one is on no page. The list is read again.
    @Test func readsAListAgainThatShiftsWhileItIsRead() async throws {
        try await withHub { hub in
            await hub.set { hub in
                for seed in 0..<250 {
                    hub.add("team/api", "v\(seed)", seed: seed, pushed: .daysAgo(Double(seed)))
                }
                hub.beforeAnswer = { hub, method, _ in
                    // Once, between the first and the second page.
                    if method == "GET", hub.requests.count(where: { $0.method == "GET" }) == 2 {
                        hub.repositories["team/api"]?["v3"] = nil
                    }
                }
            }
            let listing = try await DockerHubClient.make(hub.url).listing(of: .team)
            #expect(listing.isWhole)
            #expect(listing.tags.count == 249)
        }
    }

    @Test func saysWhenAListNeverStandsStill() async throws {
        try await withHub { hub in
            await hub.set { hub in
                for seed in 0..<250 {
                    hub.add("team/api", "v\(seed)", seed: seed, pushed: .daysAgo(Double(seed + 1)))
                }
                hub.beforeAnswer = { hub, method, _ in
                    guard method == "GET" else { return }
                    let count = hub.requests.count
                    hub.add("team/api", "new\(count)", seed: 1_000 + count, pushed: .daysAgo(0))
                }
            }
            let listing = try await DockerHubClient.make(hub.url).listing(of: .team)
            #expect(!listing.isWhole)
            #expect(listing.tags.count(where: { $0.name.description.hasPrefix("v") }) == 250)
        }
    }

    @Test func aListThatIsLimitedWaitsAndGoesOn() async throws {
        try await withHub { hub in
            let clock = ManualClock()
            await hub.add("team/api", "v1", seed: 1, pushed: .daysAgo(3))
            // 90 seconds from the manual clock's time, in the Hub's own field.
            let moment = "\(clock.now.milliseconds / 1_000 + 90)"
            await hub.fail(.answer(429, headers: ["X-Retry-After": moment])) { method, _ in
                method == "GET"
            }
            let listing = try await DockerHubClient.make(hub.url, clock: clock).listing(of: .team)
            #expect(listing.tags.count == 1)
            #expect(clock.slept == .seconds(90))
        }
    }

    // The Hub says so before it refuses.
    @Test func waitsForTheNextWindowWhenNothingIsLeftOfThisOne() async throws {
        try await withHub { hub in
            let clock = ManualClock()
            let reset = "\(clock.now.milliseconds / 1_000 + 40)"
            let headers = [
                "X-RateLimit-Limit": "180", "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": reset,
            ]
            await hub.fail(.answer(404, headers: headers)) { method, _ in method == "GET" }
            let client = try DockerHubClient.make(hub.url, clock: clock)
            _ = try await client.tags(of: .team)
            #expect(clock.slept == .zero)
            _ = try await client.tags(of: .team)
            #expect(clock.slept == .seconds(40))
        }
    }

    @Test func listsTheRepositoriesOfItsNamespaces() async throws {
        try await withHub { hub in
            for name in ["team/api", "team/web", "acme/db", "other/x"] {
                await hub.add(name, "v1", seed: 1, pushed: .daysAgo(1))
            }
            let client = try DockerHubClient.make(hub.url, namespaces: ["acme", "team"])
            var names: [String] = []
            try await client.forEachRepositoryPage { names += $0.map(\.description) }
            #expect(names == ["acme/db", "team/api", "team/web"])
        }
    }

    @Test(arguments: [FakeRegistry.Fault.truncate, .answer(200, body: #"{"results": [{}]}"#)])
    func aBrokenListIsNoEmptyOne(fault: FakeRegistry.Fault) async throws {
        try await withHub { hub in
            await hub.add("team/api", "v1", seed: 1, pushed: .daysAgo(3))
            await hub.fail(next: 100, fault) { method, _ in method == "GET" }
            let client = try DockerHubClient.make(hub.url)
            await #expect(throws: RegistryError.self) { _ = try await client.listing(of: .team) }
        }
    }
}
