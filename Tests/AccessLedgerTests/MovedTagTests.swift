import AccessLedger
import RegistryModel
import Testing

/// A tag that is found to have moved was pushed, though nobody heard it (design, section 5.3).
struct MovedTagTests {
    private let fixture: LedgerFixture

    /// `prod` moved on from `old` to `new` two days ago, and `other` was pushed last.
    init() async throws {
        fixture = try await LedgerFixture()
        let steps = [("old", "prod"), ("new", "prod"), ("other", "other")]
        for (seed, tag) in steps {
            try await fixture.record([fixture.access(.push, seed, tag: tag)])
            fixture.now = fixture.now + .hours(1)
        }
        fixture.now = fixture.now + .days(2)
        #expect(try await fixture.tag("prod").newerTags == 1)
    }

    private func list(pushedAt: Timestamp? = nil) async throws {
        let began = fixture.now
        fixture.now = fixture.now + .minutes(1)
        try await fixture.ledger.list(
            LedgerFixture.repository,
            of: fixture.registry,
            RepositoryListing(
                tags: [
                    ListedTag(
                        name: try #require(TagName("prod")),
                        digest: LedgerFixture.digest("old"),
                        pushedAt: pushedAt
                    ),
                    ListedTag(
                        name: try #require(TagName("other")),
                        digest: LedgerFixture.digest("other")
                    ),
                ],
                isWhole: false
            ),
            began: began,
            now: fixture.now
        )
    }

    /// Lists `found` alone, now.
    private func listFound(_ seed: String, began: Timestamp) async throws {
        try await fixture.ledger.list(
            LedgerFixture.repository,
            of: fixture.registry,
            RepositoryListing(
                tags: [
                    ListedTag(
                        name: try #require(TagName("found")),
                        digest: LedgerFixture.digest(seed)
                    )
                ],
                isWhole: false
            ),
            began: began,
            now: fixture.now
        )
    }

    /// Whether `prod` points to its old image and counts as pushed at `time`.
    private func expectPushed(at time: Timestamp, newerTags: Int = 0) async throws {
        let tag = try await fixture.tag("prod")
        #expect(try await tag.manifest == fixture.manifest("old").id)
        #expect(tag.pushedAt == time)
        #expect(tag.newerTags == newerTags)
        try await fixture.expectSoundness()
    }

    // Back to an older image: the manifest is one that was pushed long ago.
    @Test func aListingFindsIt() async throws {
        try await list()
        try await expectPushed(at: fixture.now)
        #expect(try await fixture.manifest("old").pushedAt == fixture.now)
        #expect(try await fixture.tag("other").newerTags == 1)
        let found = fixture.now
        fixture.now = fixture.now + .hours(6)
        try await list()
        try await expectPushed(at: found)
    }

    @Test(arguments: [AccessSource.events, .log])
    func aPullFindsIt(source: AccessSource) async throws {
        try await fixture.store("new")
        let read = fixture.access(.pull, "old", tag: "prod", at: fixture.now - .minutes(5))
        try await fixture.record([read], from: source)
        try await expectPushed(at: read.time)
    }

    @Test func anImportFindsIt() async throws {
        let time = fixture.now - .hours(3)
        try fixture.importing([[fixture.logged(.pull, "old", tag: "prod", at: time, key: 1)]])
        try await expectPushed(at: time)
    }

    // Such registries say themselves when a tag was pushed.
    @Test func theRegistrysOwnWordStands() async throws {
        let pushed = fixture.now - .hours(5)
        try await list(pushedAt: pushed)
        try await expectPushed(at: pushed)
    }

    @Test func aTagThatIsNewInAListingIsAsNewAsThat() async throws {
        let began = fixture.now
        fixture.now = fixture.now + .minutes(1)
        try await listFound("old", began: began)
        #expect(try await fixture.tag("found").firstSeen == fixture.now)
        #expect(try await fixture.tag("found").newerTags == 0)
        // An old log tells of a push of something else: it moved since, nobody knows when.
        let before = began - .days(1)
        try fixture.importing([[fixture.logged(.push, "new", tag: "found", at: before, key: 1)]])
        #expect(try await fixture.tag("found").pushedAt == nil)
        #expect(try await fixture.tag("found").manifest == fixture.manifest("old").id)
        // And one of what it points to now: that was its push.
        let since = began - .hours(2)
        try fixture.importing([[fixture.logged(.push, "old", tag: "found", at: since, key: 2)]])
        #expect(try await fixture.tag("found").pushedAt == since)
    }

    // Old reads may tell of a move, yet not that a tag is older than its first sight.
    @Test func anOldMoveMakesNothingOlderThanItsFirstSight() async throws {
        let time = fixture.now - .days(1)
        try fixture.importing([
            [
                fixture.logged(.pull, "new", tag: "unpushed", at: time, key: 1),
                fixture.logged(.pull, "old", tag: "unpushed", at: time + .hours(1), key: 2),
            ]
        ])
        let tag = try await fixture.tag("unpushed")
        #expect(try await tag.manifest == fixture.manifest("old").id)
        #expect((tag.pushedAt ?? tag.firstSeen) >= fixture.now)
    }

    // Registries give a client that accepts no index one of its images, and name that.
    @Test(arguments: [AccessSource.events, .log])
    func aPartOfAnIndexIsNoMove(source: AccessSource) async throws {
        try await fixture.store("new", children: ["nested", "amd64"])
        try await fixture.store("nested", children: ["arm64"])
        let before = try await fixture.tag("prod")
        for (seed, minutes) in [("amd64", 5), ("arm64", 4)] {
            let time = fixture.now - .minutes(Int64(minutes))
            try await fixture.record(
                [fixture.access(.pull, seed, tag: "prod", at: time)],
                from: source
            )
            try fixture.importing([
                [fixture.logged(.pull, seed, tag: "prod", at: time, key: UInt64(minutes))]
            ])
        }
        let tag = try await fixture.tag("prod")
        #expect(tag.manifest == before.manifest)
        #expect(tag.pushedAt == before.pushedAt)
        #expect(tag.newerTags == 1)
        #expect(try await fixture.manifest("amd64").inHistory.pulls > 0)
        #expect(try await fixture.manifest("arm64").inHistory.pulls > 0)
        try await fixture.expectSoundness()
    }

    // Distribution up to 2.8 answers those who accept nothing else in schema 1, under a digest that it
    // has nowhere.
    @Test func whatWasOnlyMadeForAClientIsNoMove() async throws {
        try await fixture.store("new")
        let before = try await fixture.tag("prod")
        let read = fixture.access(.pull, "converted", tag: "prod", at: fixture.now - .minutes(5))
        try await fixture.record([read], from: .log)
        #expect(try await fixture.tag("prod").manifest == before.manifest)
        #expect(try await fixture.tag("prod").newerTags == 1)
        // Once it was read itself, it is one.
        try await fixture.store("converted")
        let again = fixture.access(.pull, "converted", tag: "prod", at: fixture.now - .minutes(4))
        try await fixture.record([again], from: .log)
        #expect(
            try await fixture.tag("prod").manifest == fixture.manifest("converted").id
        )
        try await fixture.expectSoundness()
    }

    // An old log of such clients is all that is known before the first listing.
    @Test func whatOnlyAnImportToldIsNoProofOfAPush() async throws {
        let time = fixture.now - .days(1)
        try fixture.importing([[fixture.logged(.pull, "part", tag: "found", at: time, key: 1)]])
        let rank = try await fixture.tag("found").newerTags
        let began = fixture.now
        fixture.now = fixture.now + .hours(1)
        try await listFound("whole", began: began)
        let tag = try await fixture.tag("found")
        #expect(try await tag.manifest == fixture.manifest("whole").id)
        #expect(tag.pushedAt == nil)
        #expect(tag.newerTags == rank)
    }
}
