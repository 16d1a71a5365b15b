import AccessLedger
import RegistryModel
import Testing

/// What a registry's own API tells of a repository, taken over whole.
struct ListingTests {
    private static func tag(
        _ name: String,
        _ seed: String?,
        pushedAt: Timestamp? = nil,
        use: ToldUse? = nil,
        isLocked: Bool = false
    ) throws -> ListedTag {
        ListedTag(
            name: try #require(TagName(name)),
            digest: seed.map(LedgerFixture.digest),
            pushedAt: pushedAt,
            use: use,
            isLocked: isLocked
        )
    }

    private static func manifest(
        _ seed: String,
        _ blobs: [String: Int64] = [:],
        isLocked: Bool = false
    ) -> ListedManifest {
        ListedManifest(
            digest: LedgerFixture.digest(seed),
            isLocked: isLocked,
            content: ManifestContent(
                mediaType: MediaType.ociManifest,
                blobs: blobs.map {
                    Descriptor(digest: LedgerFixture.digest($0.key), size: $0.value)
                }
            )
        )
    }

    private func list(_ listing: RepositoryListing, _ fixture: LedgerFixture) async throws {
        let began = fixture.now
        fixture.now = fixture.now + .seconds(1)
        try await fixture.ledger.list(
            LedgerFixture.repository,
            of: fixture.registry,
            listing,
            began: began,
            now: fixture.now
        )
    }

    @Test func takesOverTimesUsesAndLocks() async throws {
        let fixture = try await LedgerFixture()
        let (pushed, pulled) = (fixture.now - .days(40), fixture.now - .days(3))
        let began = fixture.now
        try await list(
            RepositoryListing(
                tags: [
                    Self.tag("v1", "a", pushedAt: pushed, use: .at(pulled)),
                    Self.tag("v2", "b", pushedAt: pushed, use: .never, isLocked: true),
                    Self.tag("v3", nil),
                ],
                manifests: [
                    Self.manifest("a", ["layer": 10]), Self.manifest("b", isLocked: true),
                ]
            ),
            fixture
        )
        let first = try await fixture.tag("v1")
        #expect(first.told == ToldFacts(at: began, lastPull: pulled))
        #expect(first.pushedAt == pushed && !first.isLocked)
        let second = try await fixture.tag("v2")
        #expect(second.told == ToldFacts(at: began, lastPull: nil) && second.isLocked)
        #expect(try await fixture.tag("v3").told == nil)
        #expect(try await fixture.tag("v3").manifest == nil)
        #expect(try await fixture.manifest("a").reading == .read)
        #expect(try await fixture.manifest("b").isLocked)
        #expect(try await fixture.facts().bytes == 10)
        try await fixture.expectSoundness()
    }

    @Test func whatAWholeListingDoesNotNameIsGone() async throws {
        let fixture = try await LedgerFixture()
        try await list(
            RepositoryListing(
                tags: [Self.tag("v1", "a"), Self.tag("v2", "b")],
                manifests: [Self.manifest("a", ["x": 5]), Self.manifest("b", ["y": 7])]
            ),
            fixture
        )
        fixture.now = fixture.now + .minutes(1)
        let rest = RepositoryListing(
            tags: [try Self.tag("v1", "a")],
            manifests: [Self.manifest("a")]
        )
        var torn = rest
        torn.isWhole = false
        try await list(torn, fixture)
        #expect(try await fixture.facts().tags == 2)
        fixture.now = fixture.now + .minutes(1)
        try await list(rest, fixture)
        #expect(try await fixture.facts().tags == 1)
        #expect(try await fixture.facts().bytes == 5)
        #expect(try await fixture.facts().untagged == 0)
        try await fixture.expectSoundness()
    }

    // What was pushed while the list was read is not on it.
    @Test func aPushSinceItBeganIsNewer() async throws {
        let fixture = try await LedgerFixture()
        let began = fixture.now
        fixture.now = fixture.now + .seconds(5)
        try await fixture.record([fixture.access(.push, "new", tag: "v9")])
        try await fixture.ledger.list(
            LedgerFixture.repository,
            of: fixture.registry,
            RepositoryListing(tags: [try Self.tag("v1", "a")], manifests: [Self.manifest("a")]),
            began: began,
            now: fixture.now
        )
        #expect(try await fixture.facts().tags == 2)
        try await fixture.expectSoundness()
    }

    // A moved tag is told of anew; the old word was about another image.
    @Test func aTagThatIsNotToldOfAnyMoreIsForgottenAsTold() async throws {
        let fixture = try await LedgerFixture()
        let before = fixture.now - .days(3)
        try await list(
            RepositoryListing(
                tags: [Self.tag("v1", "a", use: .at(before))],
                manifests: [Self.manifest("a")]
            ),
            fixture
        )
        fixture.now = fixture.now + .minutes(1)
        try await list(
            RepositoryListing(tags: [Self.tag("v1", "a")], manifests: [Self.manifest("a")]),
            fixture
        )
        #expect(try await fixture.tag("v1").told == nil)
    }

    // Only tags went: the bytes of each are what its going really released, in whatever order.
    @Test(arguments: [["v1", "v2", "v3"], ["v3", "v2", "v1"]])
    func bytesOfTagsAreThoseThatNothingHoldsAnyMore(order: [String]) async throws {
        let fixture = try await LedgerFixture()
        try await list(
            RepositoryListing(
                tags: [Self.tag("v1", "a"), Self.tag("v2", "a"), Self.tag("v3", "b")],
                manifests: [
                    Self.manifest("a", ["own": 5, "shared": 100]),
                    Self.manifest("b", ["shared": 100]),
                ]
            ),
            fixture
        )
        var run = RunRecord(
            name: RunName(time: fixture.now, random: (1, 1)),
            cause: "test",
            measured: "",
            scope: "{}",
            mode: "enforce",
            state: .running,
            createdAt: fixture.now
        )
        let repositoryId = try await fixture.facts().id
        for (ordinal, name) in order.enumerated() {
            let tag = try await fixture.tag(name)
            var item = RunItem(
                ordinal: ordinal,
                kind: "tag",
                registry: fixture.registry,
                repositoryId: repositoryId,
                repository: LedgerFixture.repository,
                reason: "notProtected"
            )
            item.tagId = tag.id
            item.tag = tag.name
            item.manifestId = tag.manifest
            run.items.append(item)
        }
        try await fixture.ledger.create(run)
        for item in run.items {
            try await fixture.ledger.removed(
                [item],
                in: run.name,
                detail: "",
                at: fixture.now,
                leavingManifests: true
            )
        }
        let stored = try #require(try await fixture.ledger.run(run.name))
        #expect(stored.items.map(\.bytes) == (order[0] == "v1" ? [0, 5, 100] : [0, 0, 105]))
        #expect(try await fixture.facts().tags == 0)
        let outcomes = try await fixture.ledger.outcomes(of: run.name)
        #expect(outcomes.map(\.count) == [3] && outcomes.map(\.bytes) == [105])
        try await fixture.expectSoundness()
    }
}
