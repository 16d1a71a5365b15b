import AccessLedger
import GRDB
import RegistryModel
import Testing

/// Registries take manifests with any claim of size: sums bear them all, and follow what is measured.
struct BlobSizeTests {
    private func blobs(
        _ fixture: LedgerFixture,
        _ repository: Int64? = nil
    ) async throws -> [ClaimedBlob] {
        try await fixture.ledger.claimedBlobs(of: fixture.registry, in: repository, limit: 10)
    }

    // One manifest that claims what no content has, and two that do so together.
    @Test func aClaimBeyondAllMeasureCountsNothing() async throws {
        let fixture = try await LedgerFixture()
        for seed in ["a", "b", "c"] {
            try await fixture.record([fixture.access(.push, seed, tag: "of-\(seed)")])
        }
        try await fixture.store("a", blobs: ["max": .max, "least": .min, "true": 1_000])
        try await fixture.store("b", blobs: ["one": 5_000_000_000_000_000_000])
        try await fixture.store("c", blobs: ["two": 5_000_000_000_000_000_000])
        #expect(try await fixture.facts().bytes == 1_300)
        #expect(try await fixture.ledger.bytes(of: fixture.registry) == 1_300)
        #expect(try await fixture.manifest("a").blobs.count == 4)
        try await fixture.expectSoundness()
    }

    @Test func aManifestThatClaimsTooMuchInAllCountsForItselfOnly() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([fixture.access(.push, "a", tag: "v1")])
        let layers = (0..<300).map { ("layer\($0)", Descriptor.largestClaim) }
        try await fixture.store("a", blobs: Dictionary(uniqueKeysWithValues: layers))
        #expect(try await fixture.facts().bytes == 100)
        #expect(try await fixture.manifest("a").blobs.count == 301)
        try await fixture.expectSoundness()
    }

    @Test func everySumFollowsWhatIsMeasured() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([
            fixture.access(.push, "a", tag: "v1"), fixture.access(.push, "b"),
        ])
        try await fixture.store("a", blobs: ["shared": 2_000_000])
        try await fixture.store("b", blobs: ["shared": 2_000_000, "own": 1_000_000_000_000])
        #expect(try await fixture.facts().bytes == 1_000_002_000_200)
        let repository = try await fixture.facts().id
        let claims = try await blobs(fixture)
        #expect(claims.map(\.size) == [1_000_000_000_000, 2_000_000])
        #expect(claims.map(\.digest) == ["own", "shared"].map(LedgerFixture.digest))
        #expect(try await blobs(fixture, repository) == claims)
        try await fixture.ledger.measured(
            [claims[0].id: 80, claims[1].id: 3_000_000],
            of: fixture.registry,
            at: fixture.now
        )
        #expect(try await blobs(fixture).isEmpty)
        #expect(try await blobs(fixture, repository).isEmpty)
        #expect(try await fixture.facts().bytes == 3_000_280)
        #expect(try await fixture.facts().untaggedBytes == 180)
        #expect(try await fixture.ledger.bytes(of: fixture.registry) == 3_000_280)
        try await fixture.expectSoundness()
    }

    // What was measured stays so, whoever claims something else later.
    @Test func aLaterClaimChangesNothing() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([
            fixture.access(.push, "a", tag: "v1"), fixture.access(.push, "b", tag: "v2"),
        ])
        try await fixture.store("a", blobs: ["layer": 2_000_000])
        let claim = try #require(try await blobs(fixture).first)
        try await fixture.ledger.measured([claim.id: 80], of: fixture.registry, at: fixture.now)
        try await fixture.store("b", blobs: ["layer": 1_000_000_000_000])
        #expect(try await fixture.facts().bytes == 280)
        #expect(try await blobs(fixture).isEmpty)
        try await fixture.expectSoundness()
    }

    // An earlier version took the layers of a cache for manifests, and could never read them.
    @Test func whatWasTakenForAManifestBecomesABlob() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([fixture.access(.push, "cache", tag: "v1")])
        try await fixture.store("cache", children: ["layer"])
        #expect(try await fixture.facts().unreadable == 1)
        let unread = try #require(
            try await fixture.ledger.unreadManifests(of: fixture.registry, limit: 10).first
        )
        let holders = try await fixture.ledger.holders(of: unread)
        #expect(holders.map(\.digest) == [LedgerFixture.digest("cache")])
        fixture.now = fixture.now + .minutes(1)
        let content = ManifestContent(
            mediaType: MediaType.ociIndex,
            blobs: [Descriptor(digest: LedgerFixture.digest("layer"), size: 5_000)],
            isIndex: true
        )
        try await fixture.ledger.takeAsBlob(
            unread,
            of: holders.map { (id: $0.id, content: content) },
            in: fixture.registry,
            at: fixture.now
        )
        #expect(try await fixture.facts().unreadable == 0)
        #expect(try await fixture.facts().bytes == 5_100)
        #expect(try await fixture.facts().untagged == 0)
        try await fixture.expectSoundness()
    }

    // An index may say of a manifest that it is a layer: it holds it all the same.
    @Test func whatAnIndexHoldsAsABlobIsHeldAsAManifestToo() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([
            fixture.access(.push, "inner"), fixture.access(.push, "index", tag: "v1"),
        ])
        try await fixture.store("inner")
        #expect(try await fixture.facts().untagged == 1)
        let index = try await fixture.manifest("index")
        let content = ManifestContent(
            mediaType: MediaType.ociIndex,
            blobs: [Descriptor(digest: LedgerFixture.digest("inner"), size: 100)],
            isIndex: true
        )
        try await fixture.ledger.store(
            [(id: index.id, content: content, size: 100)],
            of: fixture.registry,
            at: fixture.now
        )
        #expect(try await fixture.facts().untagged == 0)
        #expect(try await fixture.facts().unreadable == 0)
        try await fixture.expectSoundness()
    }
}
