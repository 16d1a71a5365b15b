import RegistryClients
import RegistryModel
import TestSupport
import Testing

struct OCIListingTests {
    @Test(arguments: FakeRegistry.LinkForm.allCases)
    func catalogIsFollowedFromPageToPage(links: FakeRegistry.LinkForm) async throws {
        try await withRegistry { registry in
            await registry.set {
                $0.catalogLimit = 2
                $0.links = links
            }
            for name in ["a", "b/c", "d", "e", "f"] { await registry.addBlob(name, [1]) }
            var pages: [[String]] = []
            let skipped = try await OCIRegistryClient.make(registry.url)
                .forEachRepositoryPage { pages.append($0.map(\.description)) }
            #expect(pages == [["a", "b/c"], ["d", "e"], ["f"]])
            #expect(skipped == 0)
        }
    }

    @Test func invalidNamesInTheCatalogAreSkippedAndCounted() async throws {
        try await withRegistry { registry in
            for name in ["good", "../../etc", "Upper"] { await registry.addBlob(name, [1]) }
            var names: [RepositoryName] = []
            let skipped = try await OCIRegistryClient.make(registry.url)
                .forEachRepositoryPage { names += $0 }
            #expect(names == [.name("good")])
            #expect(skipped == 2)
        }
    }

    @Test(
        arguments: [FakeRegistry.Mode.distribution28, .distribution3],
        FakeRegistry.LinkForm.allCases
    )
    func allTagsAreListed(mode: FakeRegistry.Mode, links: FakeRegistry.LinkForm) async throws {
        try await withRegistry(mode) { registry in
            await registry.set {
                $0.tagLimit = 3
                $0.links = links
            }
            let names = (0..<10).map { "v1.\($0)" }
            for name in names { await registry.addImage("team/api", name, layers: [[1]]) }
            let tags = try await OCIRegistryClient.make(registry.url).tags(of: .team)
            #expect(tags.map(\.description) == names)
            #expect(await registry.requests.count == (mode == .distribution3 ? 4 : 1))
        }
    }

    @Test(arguments: [FakeRegistry.Mode.distribution28, .distribution3])
    func repositoryWithoutTagsHasNone(mode: FakeRegistry.Mode) async throws {
        try await withRegistry(mode) { registry in
            await registry.addImage("team/api", layers: [[1]])
            let tags = try await OCIRegistryClient.make(registry.url).tags(of: .team)
            #expect(tags == [])
        }
    }

    @Test func unknownRepositoryHasNoTags() async throws {
        try await withRegistry { registry in
            let tags = try await OCIRegistryClient.make(registry.url).tags(of: .team)
            #expect(tags == [])
        }
    }

    // A proxy that lost its upstream must not look like a registry without tags.
    @Test func strangersNotFoundIsAnError() async throws {
        try await withRegistry { registry in
            await registry.fail(.answer(404, body: "<html>not found</html>"))
            let client = try OCIRegistryClient.make(registry.url)
            try await expectError(.notFound) { _ = try await client.tags(of: .team) }
        }
    }

    // Left out, the tag's manifest would look untagged, and be swept.
    @Test func tagWithAnInvalidNameIsAnError() async throws {
        try await withRegistry { registry in
            await registry.fail(.answer(200, body: #"{"name":"team/api","tags":["a","b/c"]}"#))
            let client = try OCIRegistryClient.make(registry.url)
            try await expectError(.badAnswer) { _ = try await client.tags(of: .team) }
        }
    }

    @Test(arguments: ["</v2/team/api/tags/list?n=1000>; rel=next", "<?n=1000>; rel=\"next\""])
    func pagesInACircleEnd(link: String) async throws {
        try await withRegistry { registry in
            let body = #"{"tags":["a"]}"#
            await registry.fail(next: 100, .answer(200, headers: ["Link": link], body: body))
            let client = try OCIRegistryClient.make(registry.url)
            try await expectError(.badAnswer) { _ = try await client.tags(of: .team) }
            #expect(await registry.requests.count < 3)
        }
    }

    // What is left of the list is not known, and credentials go nowhere else.
    @Test(
        arguments: [
            "http://localhost:1/v2/team/api/tags/list?n=2", "//b.test/v2/team/api/tags/list?n=2",
            "ftp://127.0.0.1/v2/team/api/tags/list?n=2", "http://u:p@127.0.0.1/v2/?n=2",
            "http://127.0.0.1@b.test/v2/?n=2", "v2:80/?n=2", "",
        ]
    )
    func nextPageElsewhereIsRefused(target: String) async throws {
        try await withRegistry { registry in
            let link = "<\(target)>; rel=\"next\""
            await registry.fail(.answer(200, headers: ["Link": link], body: #"{"tags":["a"]}"#))
            let client = try OCIRegistryClient.make(registry.url)
            let error = await #expect(throws: RegistryError.self) {
                _ = try await client.tags(of: .team)
            }
            #expect(error?.kind == .badAnswer)
            #expect(error?.description.contains("leads away from \(registry.url)") == true)
            #expect(error?.description.contains("u:p") == false)
            #expect(await registry.requests.count == 1)
        }
    }

    @Test func listThatIsNotJSONIsAnError() async throws {
        try await withRegistry { registry in
            await registry.fail(.answer(200, body: "<html>welcome</html>"))
            let client = try OCIRegistryClient.make(registry.url)
            try await expectError(.badAnswer) { _ = try await client.tags(of: .team) }
        }
    }

    @Test func everyRequestCarriesOurUserAgent() async throws {
        try await withRegistry { registry in
            let client = try OCIRegistryClient.make(registry.url)
            try await client.ping()
            _ = try await client.tags(of: .team)
            _ = try await client.deletePower(in: .team)
            let agents = await registry.requests.map(\.userAgent)
            #expect(Set(agents) == [OwnUserAgent.product])
            #expect(agents.count == 4)
        }
    }
}
