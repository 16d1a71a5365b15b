import Foundation
import RegistryClients
import RegistryModel
import TestSupport
import Testing

/// An Azure Container Registry's own API: tokens, lists, locks, deletes.
struct ACRClientTests {
    // MARK: Tokens

    // However many verbs the registry asks for, one token is for all of a repository.
    @Test func aUserGetsOneTokenForARepository() async throws {
        try await withAzure { azure in
            let digest = await azure.add("team/api", tag: "v1", seed: 1, time: .daysAgo(3))
            let client = try ACRClient.make(azure.url)
            _ = try await client.listing(of: .team)
            _ = try await client.delete(.team, .tag(named: "v1"))
            _ = try await client.delete(.team, .digest(try #require(Digest(digest))))
            #expect(await azure.tokenCount == 1)
            let question = await azure.requests.first { $0.path == "/oauth2/token" }
            #expect(question?.method == "GET")
            #expect(question?.query?.contains("scope=repository%3Ateam%2Fapi%3A") == true)
        }
    }

    @Test func aRefreshTokenIsPostedAndNeverSentAsAPassword() async throws {
        try await withAzure { azure in
            await azure.set { $0.login = .refreshToken("its-own") }
            await azure.add("team/api", tag: "v1", seed: 1, time: .daysAgo(3))
            let client = try ACRClient.make(azure.url, Self.holder("its-own"))
            #expect(try await client.tags(of: .team).count == 1)
            let fields = await azure.requests.compactMap(\.authorization)
            #expect(fields.allSatisfy { $0.hasPrefix("Bearer ") })
        }
    }

    @Test func aTokenOfTheDirectoryIsExchangedOnce() async throws {
        let claims = #"{"iss":"https://sts.windows.net/99999999-8888-7777-6666-555555555555/"}"#
        let payload = Data(claims.utf8).base64EncodedString().replacing("=", with: "")
        let token = "e30.\(payload).x"
        try await withAzure { azure in
            await azure.set { $0.login = .directoryToken(token) }
            await azure.add("team/api", tag: "v1", seed: 1, time: .daysAgo(3))
            await azure.add("team/web", tag: "v1", seed: 2, time: .daysAgo(3))
            let client = try ACRClient.make(azure.url, Self.holder(token))
            _ = try await client.tags(of: .team)
            _ = try await client.tags(of: .name("team/web"))
            let paths = await azure.requests.map(\.path)
            #expect(paths.count { $0 == "/oauth2/exchange" } == 1)
            #expect(paths.count { $0 == "/oauth2/token" } == 2)
        }
    }

    // The user is known: what is missing has another name at Azure than in scopes.
    @Test(arguments: [
        ("pull", "content/read"), ("delete", "content/delete"), ("metadata_read", "metadata/read"),
    ])
    func aMissingRightIsNamed(_ verb: String, _ right: String) async throws {
        try await withAzure { azure in
            await azure.add("team/api", tag: "v1", seed: 1, time: .daysAgo(3))
            await azure.set { $0.missingRights = ["repository:team/api:\(verb)"] }
            let client = try ACRClient.make(azure.url)
            let tag = ManifestReference.tag(named: "v1")
            let error = try await expectError(.forbidden) {
                switch verb {
                case "pull": _ = try await client.manifest(.team, tag)
                case "delete": _ = try await client.delete(.team, tag)
                default: _ = try await client.listing(of: .team)
                }
            }
            let text = "\(error)"
            #expect(text.contains("lacks the right \(right) of team/api"), "\(text)")
            #expect(!text.contains("password"), "\(text)")
        }
    }

    @Test func aMissingRightToDeleteIsFoundOut() async throws {
        try await withAzure { azure in
            await azure.add("team/api", tag: "v1", seed: 1, time: .daysAgo(3))
            await azure.set { $0.missingRights = ["repository:team/api:delete"] }
            let power = try await ACRClient.make(azure.url).deletePower(in: .team)
            guard case .forbidden(let reason) = power else {
                Issue.record("\(power)")
                return
            }
            #expect(reason.contains("content/delete"), "\(reason)")
        }
    }

    // Wrong credentials are another thing.
    @Test func aWrongPasswordIsNoMissingRight() async throws {
        try await withAzure { azure in
            await azure.add("team/api", tag: "v1", seed: 1, time: .daysAgo(3))
            await azure.set { $0.login = .user("admin", password: "other") }
            try await expectError(.unauthorized) {
                _ = try await ACRClient.make(azure.url).tags(of: .team)
            }
        }
    }

    @Test func aRevokedTokenIsReplacedOnce() async throws {
        try await withAzure { azure in
            await azure.add("team/api", tag: "v1", seed: 1, time: .daysAgo(3))
            let client = try ACRClient.make(azure.url)
            _ = try await client.tags(of: .team)
            await azure.revokeTokens()
            _ = try await client.tags(of: .team)
            #expect(await azure.tokenCount == 2)
        }
    }

    private static func holder(_ token: String) -> Credentials {
        Credentials(username: ACRClient.tokenUser, password: Secret(token))
    }

    // MARK: Lists

    @Test func listsTagsUntaggedManifestsAndLocksOverManyPages() async throws {
        try await withAzure { azure in
            await azure.set { azure in
                for seed in 0..<230 {
                    azure.add("team/api", tag: "v\(seed)", seed: seed, time: .daysAgo(3))
                }
                azure.repositories["team/api"]?.tags["v7"]?.writeEnabled = false
            }
            let untagged = await azure.add("team/api", seed: 999, time: .daysAgo(5))
            await azure.set {
                $0.repositories["team/api"]?.manifests[untagged]?.deleteEnabled = false
            }
            let listing = try await ACRClient.make(azure.url).listing(of: .team)
            #expect(listing.tags.count == 230)
            #expect(listing.tags.filter(\.isLocked).map(\.name.description) == ["v7"])
            #expect(listing.manifests.count == 231)
            let locked = listing.manifests.filter(\.isLocked)
            #expect(locked.map(\.digest.description) == [untagged])
            let time = Timestamp(seconds: Date.daysAgo(5).timeIntervalSince1970 + 0.085)
            let pushed = try #require(locked.first?.pushedAt)
            #expect(abs((pushed - time).milliseconds) < 10_000)
        }
    }

    @Test func aRepositoryThatIsNotThereHoldsNothing() async throws {
        try await withAzure { azure in
            let listing = try await ACRClient.make(azure.url).listing(of: .team)
            #expect(listing == RepositoryListing())
        }
    }

    @Test func listsRepositories() async throws {
        try await withAzure { azure in
            await azure.set { azure in
                for index in 0..<150 {
                    azure.add("team/r\(index)", tag: "v1", seed: index, time: .daysAgo(1))
                }
            }
            var names: [RepositoryName] = []
            try await ACRClient.make(azure.url).forEachRepositoryPage { names += $0 }
            #expect(names.count == 150)
        }
    }

    @Test(arguments: ["/_tags", "/_manifests"])
    func aBrokenListIsNoEmptyOne(list: String) async throws {
        try await withAzure { azure in
            await azure.add("team/api", tag: "v1", seed: 1, time: .daysAgo(3))
            await azure.fail(next: 100, .truncate) { _, path in path.hasSuffix(list) }
            let client = try ACRClient.make(azure.url)
            await #expect(throws: RegistryError.self) { _ = try await client.listing(of: .team) }
        }
    }

    // MARK: A last look

    @Test func looksWhatATagPointsToAndWhatElseDoes() async throws {
        try await withAzure { azure in
            let text = await azure.add("team/api", tag: "v1", seed: 1, time: .daysAgo(3))
            await azure.add("team/api", tag: "also", seed: 1, time: .daysAgo(3))
            let other = await azure.add("team/api", tag: "v2", seed: 2, time: .daysAgo(3))
            let digest = try #require(Digest(text))
            let client = try ACRClient.make(azure.url)
            let v1 = try #require(TagName("v1"))
            guard
                case .present(let facts) = try await client.look(at: .team, tag: v1, digest: digest)
            else {
                Issue.record("v1 is there")
                return
            }
            #expect(facts.digest == digest)
            #expect(facts.tags?.keys.map(\.description).sorted() == ["also", "v1"])
            await azure.set { $0.repositories["team/api"]?.tags["v1"]?.digest = other }
            guard
                case .present(let moved) = try await client.look(at: .team, tag: v1, digest: digest)
            else {
                Issue.record("v1 is there")
                return
            }
            #expect(moved.digest?.description == other)
            await azure.set { $0.repositories["team/api"]?.tags["v1"] = nil }
            #expect(try await client.look(at: .team, tag: v1, digest: digest) == .gone)
        }
    }

    @Test func deletesAtMost32AtATime() async throws {
        try await withAzure { azure in
            await azure.set { azure in
                for seed in 0..<100 {
                    azure.add("team/api", tag: "v\(seed)", seed: seed, time: .daysAgo(3))
                }
                azure.latency = .milliseconds(20)
            }
            let client = try ACRClient.make(azure.url)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for seed in 0..<100 {
                    group.addTask { _ = try await client.delete(.team, .tag(named: "v\(seed)")) }
                }
                try await group.waitForAll()
            }
            #expect(await azure.tagNames("team/api").isEmpty)
            #expect(await azure.mostDeletesAtOnce <= 32)
        }
    }
}
