import AccessLedger
import RegistryModel
import Testing

/// Repositories that could not be listed.
struct UnlistedTests {
    private let other: RepositoryName

    init() throws { other = try #require(RepositoryName("proxy/cache")) }

    @Test func remembersSinceWhenAndTheNewestReason() async throws {
        let fixture = try await LedgerFixture()
        let start = fixture.now
        for (minutes, why) in [(0, "not permitted"), (5, "no answer in time")] {
            try await fixture.ledger.notListed(
                other,
                of: fixture.registry,
                because: why,
                at: start + .minutes(Int64(minutes))
            )
        }
        let failure = ListingFailure(since: start, why: "no answer in time")
        let unlisted = try await fixture.ledger.unlisted(of: fixture.registry)
        #expect(unlisted.map(\.name) == [other])
        #expect(unlisted.map(\.failure) == [failure])
        #expect(try await fixture.facts().unlisted == failure)
        let id = try await fixture.facts().id
        #expect(try await fixture.ledger.repositories([id])[id]?.unlisted == failure)
        let elsewhere = try await fixture.ledger.registry(named: "elsewhere")
        #expect(try await fixture.ledger.unlisted(of: elsewhere).isEmpty)

        try await fixture.ledger.listed(other, of: fixture.registry)
        #expect(try await fixture.ledger.unlisted(of: fixture.registry).isEmpty)
        #expect(try await fixture.facts().unlisted == nil)
    }

    // What another repository has as well is there for certain.
    @Test func onlyItsOwnBytesAreUncertain() async throws {
        let fixture = try await LedgerFixture()
        var shared = fixture.access(.push, "b", tag: "v1")
        shared.repository = other
        try await fixture.record([fixture.access(.push, "a", tag: "v1"), shared])
        try await fixture.store("a", blobs: ["own": 1_000, "shared": 20], size: 3)
        let image = try #require(
            try await fixture.ledger.image(
                other,
                tag: nil,
                digest: LedgerFixture.digest("b"),
                in: fixture.registry
            )
        )
        let content = ManifestContent(
            mediaType: MediaType.ociManifest,
            blobs: [Descriptor(digest: LedgerFixture.digest("shared"), size: 20)]
        )
        try await fixture.ledger.store(
            [(id: try #require(image.manifestId), content: content, size: 5)],
            of: fixture.registry,
            at: fixture.now
        )
        let uncertain = { try await fixture.ledger.unlistedBytes(of: fixture.registry) }
        #expect(try await uncertain() == 0)
        func notListed(_ name: RepositoryName) async throws {
            try await fixture.ledger.notListed(
                name,
                of: fixture.registry,
                because: "not permitted",
                at: fixture.now
            )
        }
        try await notListed(LedgerFixture.repository)
        #expect(try await uncertain() == 1_003)
        try await notListed(other)
        #expect(try await uncertain() == 1_028)
        #expect(try await fixture.ledger.bytes(of: fixture.registry) == 1_028)
        let elsewhere = try await fixture.ledger.registry(named: "elsewhere")
        #expect(try await fixture.ledger.unlistedBytes(of: elsewhere) == 0)
    }

    @Test func itsManifestsAreNotRead() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([fixture.access(.push, "a", tag: "v1")])
        let unread = { try await fixture.ledger.unreadManifests(of: fixture.registry, limit: 9) }
        #expect(try await unread().count == 1)
        try await fixture.ledger.notListed(
            LedgerFixture.repository,
            of: fixture.registry,
            because: "not permitted",
            at: fixture.now
        )
        #expect(try await unread().isEmpty)
        try await fixture.ledger.listed(LedgerFixture.repository, of: fixture.registry)
        #expect(try await unread().count == 1)
    }

    // A probe that is refused there would look as if nobody could be heard.
    @Test func probesGoElsewhereWhereTheyCan() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([fixture.access(.push, "a", tag: "v1")])
        try await fixture.store("a", blobs: ["layer": 1])
        let target = { try await fixture.ledger.probeTargets(of: fixture.registry) }
        #expect(try await target().map(\.repository) == [LedgerFixture.repository])
        try await fixture.ledger.notListed(
            LedgerFixture.repository,
            of: fixture.registry,
            because: "not permitted",
            at: fixture.now
        )
        #expect(try await target().count == 1, "there is nothing else")

        try await fixture.ledger.list(
            other,
            of: fixture.registry,
            tags: [(name: try #require(TagName("v1")), digest: LedgerFixture.digest("b"))],
            began: fixture.now,
            now: fixture.now
        )
        let unread = try await fixture.ledger.unreadManifests(of: fixture.registry, limit: 9)
        let content = ManifestContent(mediaType: MediaType.ociManifest, blobs: [])
        try await fixture.ledger.store(
            [(id: try #require(unread.first).id, content: content, size: 9)],
            of: fixture.registry,
            at: fixture.now
        )
        #expect(try await target().map(\.repository) == [other])
    }
}
