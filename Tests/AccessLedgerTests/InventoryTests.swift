import AccessLedger
import RegistryModel
import Testing

/// Tags, manifests and bytes follow events and listings, and every counter stays true.
struct InventoryTests {
    // Senders of webhooks name the digest that a removed tag pointed to.
    @Test func aTagThatIsNotKnownTakesNoManifestWithIt() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([fixture.access(.push, "a", tag: "v1")])
        fixture.now = fixture.now + .minutes(1)
        try await fixture.record([fixture.access(.delete, "a", tag: "other")])
        let image = try await fixture.ledger.image(
            LedgerFixture.repository,
            tag: TagName("v1"),
            digest: nil,
            in: fixture.registry
        )
        #expect(image?.isGone == false)
        #expect(try await fixture.facts().tags == 1)
        #expect(try await fixture.manifest("a").digest == LedgerFixture.digest("a"))
        try await fixture.expectSoundness()
    }

    @Test func movesATagAndLeavesItsOldManifestUntagged() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([fixture.access(.push, "old", tag: "v1")])
        fixture.now = fixture.now + .minutes(1)
        try await fixture.record([fixture.access(.push, "new", tag: "v1")])
        #expect(try await fixture.facts().tags == 1)
        #expect(try await fixture.facts().untagged == 1)
        #expect(try await fixture.manifest("old").untaggedSince == fixture.now)
        try await fixture.expectSoundness()
    }

    @Test func heedsNoNewsThatIsOlderThanWhatItKnows() async throws {
        let fixture = try await LedgerFixture()
        let start = fixture.now
        try await fixture.record([fixture.access(.push, "new", tag: "v1", at: start)])
        try await fixture.record([
            fixture.access(.push, "old", tag: "v1", at: start - .minutes(1)),
            fixture.access(.delete, tag: "v1", at: start - .minutes(1)),
        ])
        let tag = try await fixture.tag("v1")
        #expect(tag.manifest == (try await fixture.manifest("new").id))
        try await fixture.expectSoundness()
    }

    @Test func forgetsAManifestWithItsTagsWhenItIsDeleted() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([
            fixture.access(.push, "a", tag: "v1"), fixture.access(.push, "a", tag: "v2"),
        ])
        try await fixture.store("a", blobs: ["layer": 1_000])
        fixture.now = fixture.now + .seconds(1)
        try await fixture.record([fixture.access(.delete, "a")])
        let facts = try await fixture.facts()
        #expect(facts.tags == 0)
        #expect(facts.untagged == 0)
        #expect(facts.bytes == 0)
        try await fixture.expectSoundness()
    }

    @Test func countsASharedBlobOnce() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([
            fixture.access(.push, "a", tag: "v1"), fixture.access(.push, "b", tag: "v2"),
        ])
        try await fixture.store("a", blobs: ["shared": 1_000, "own": 10])
        try await fixture.store("b", blobs: ["shared": 1_000, "other": 20])
        #expect(try await fixture.facts().bytes == 1_230)
        #expect(try await fixture.ledger.bytes(of: fixture.registry) == 1_230)
        fixture.now = fixture.now + .seconds(1)
        try await fixture.record([fixture.access(.delete, tag: "v1")])
        #expect(try await fixture.facts().bytes == 1_230)
        #expect(try await fixture.facts().untaggedBytes == 110)
        try await fixture.expectSoundness()
    }

    // An index that loses its tag no longer holds its children; a tag on one of them still does.
    @Test func holdsChildrenAndReferrersThroughTheirIndexOrSubject() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([
            fixture.access(.push, "one"), fixture.access(.push, "two", tag: "arm"),
            fixture.access(.push, "sbom"), fixture.access(.push, "index", tag: "v1"),
        ])
        #expect(try await fixture.facts().untagged == 2)
        try await fixture.store("one")
        try await fixture.store("two")
        try await fixture.store("sbom", subject: "one")
        try await fixture.store("index", children: ["one", "two"])
        #expect(try await fixture.facts().untagged == 0)
        fixture.now = fixture.now + .seconds(1)
        try await fixture.record([fixture.access(.delete, tag: "v1")])
        #expect(try await fixture.facts().untagged == 3)
        try await fixture.expectSoundness()
    }

    @Test func takesOverAListing() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([
            fixture.access(.push, "a", tag: "stays"), fixture.access(.push, "b", tag: "gone"),
        ])
        fixture.now = fixture.now + .minutes(1)
        let began = fixture.now
        fixture.now = fixture.now + .seconds(1)
        try await fixture.record([fixture.access(.push, "c", tag: "pushedMeanwhile")])
        try await fixture.ledger.list(
            LedgerFixture.repository,
            of: fixture.registry,
            tags: [
                (name: try #require(TagName("stays")), digest: LedgerFixture.digest("a")),
                (name: try #require(TagName("unheard")), digest: LedgerFixture.digest("d")),
            ],
            began: began,
            now: fixture.now
        )
        let known = try await fixture.ledger.knownTags(
            of: LedgerFixture.repository,
            in: fixture.registry
        )
        #expect(Set(known.keys.map(\.description)) == ["stays", "unheard", "pushedMeanwhile"])
        #expect(try await fixture.tag("unheard").pushedAt == nil)
        try await fixture.expectSoundness()
    }

    @Test func ordersTagsByTheirLastUseAndThenByTheirPush() async throws {
        let fixture = try await LedgerFixture()
        for name in ["a", "b", "c", "d"] {
            fixture.now = fixture.now + .minutes(1)
            try await fixture.record([fixture.access(.push, name, tag: name)])
        }
        fixture.now = fixture.now + .minutes(1)
        try await fixture.record([fixture.access(.pull, "b")])
        var names: [String] = []
        var cursor: CandidateCursor? = .start
        while let place = cursor {
            let page = try await fixture.ledger.coldestTags(
                in: CandidateScope(registry: fixture.registry),
                after: place,
                limit: 3,
                rule: LedgerFixture.everything
            )
            names += page.slice.candidates.compactMap { candidate in
                guard case .tag(let id) = candidate else { return nil }
                return page.slice.tags[id]?.name.description
            }
            cursor = page.next
        }
        #expect(names == ["a", "c", "d", "b"])
    }

    @Test func ranksTagsByPushWithoutSignatures() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([fixture.access(.push, "a", tag: "v1")])
        let signature = "sha256-\(LedgerFixture.digest("a").encoded).sig"
        fixture.now = fixture.now + .minutes(1)
        try await fixture.record([fixture.access(.push, "s", tag: signature)])
        fixture.now = fixture.now + .minutes(1)
        try await fixture.record([fixture.access(.push, "b", tag: "v2")])
        #expect(try await fixture.tag("v1").newerTags == 1)
        #expect(try await fixture.manifest("a").referrerTags.count == 1)
        #expect(try await fixture.tag(signature).subject == fixture.manifest("a").id)
    }
}
