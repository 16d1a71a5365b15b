import AccessLedger
import RegistryModel
import Testing

/// What counts as use, once, and for what (design, section 5.1).
struct CountingTests {
    @Test func countsAnEventOnceHoweverOftenItIsDelivered() async throws {
        let fixture = try await LedgerFixture()
        let pull = fixture.access(.pull, "a", tag: "v1")
        let first = try await fixture.record([pull, pull])
        let second = try await fixture.record([pull])
        #expect(first.answers == [DeliveryAnswer(accepted: 1, duplicates: 1)])
        #expect(second.answers == [DeliveryAnswer(duplicates: 1)])
        #expect(try await fixture.manifest("a").inHistory == AccessCounts(pulls: 1))
    }

    // A node resolves a tag by HEAD and fetches by digest: both are uses of one image.
    @Test func creditsTagAndDigestOfOneImageToItsManifest() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([
            fixture.access(.resolve, "a", tag: "v1"), fixture.access(.pull, "a"),
        ])
        #expect(try await fixture.manifest("a").inHistory == AccessCounts(pulls: 1, resolves: 1))
        #expect(try await fixture.tag("v1").inHistory == AccessCounts(resolves: 1))
    }

    @Test func neverCountsOurOwnRequests() async throws {
        let fixture = try await LedgerFixture()
        let own = fixture.access(.pull, "a", tag: "v1", agent: OwnUserAgent.product)
        let batch = try await fixture.record([own])
        #expect(batch.answers == [DeliveryAnswer(ignored: 1)])
        #expect(batch.touched.isEmpty)
    }

    @Test func passesOverReadsOfScannersButHeedsTheirPushes() async throws {
        let fixture = try await LedgerFixture()
        let list = AccessIgnoreList(userAgents: [Glob("trivy/*")])
        let batch = try await fixture.record(
            [
                fixture.access(.push, "a", tag: "v1", agent: "trivy/0.50"),
                fixture.access(.pull, "a", tag: "v1", agent: "trivy/0.50 (linux/amd64)"),
            ],
            ignoring: list
        )
        #expect(batch.answers == [DeliveryAnswer(accepted: 1, ignored: 1)])
        #expect(try await fixture.manifest("a").inHistory == AccessCounts())
        #expect(try await fixture.tag("v1").pushedAt == fixture.now)
    }

    // A client that pushes looks at the tag first; that look is no use of the old image.
    @Test func takesBackAPushingClientsOwnChecks() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([fixture.access(.push, "old", tag: "v1", agent: "skopeo/1")])
        fixture.now = fixture.now + .hours(2)
        try await fixture.record([fixture.access(.resolve, "old", tag: "v1", agent: "docker/1")])
        fixture.now = fixture.now + .seconds(59)
        try await fixture.record([fixture.access(.push, "new", tag: "v1", agent: "docker/1")])
        #expect(try await fixture.manifest("old").inHistory == AccessCounts(pushes: 1))
        #expect(try await fixture.tag("v1").inHistory == AccessCounts(pushes: 2))
        #expect(try await fixture.manifest("old").lastAccess == fixture.now - .seconds(7_259))
    }

    @Test(arguments: [
        ("another agent", 59, "containerd/2", "10.0.0.1"),
        ("another address", 59, "docker/1", "10.0.0.2"),
        ("longer than a minute before", 61, "docker/1", "10.0.0.1"),
    ])
    func keepsReadsThatAreNoPushersChecks(
        _ name: String,
        _ seconds: Int,
        _ agent: String,
        _ address: String
    ) async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([fixture.access(.resolve, "old", tag: "v1", agent: "docker/1")])
        fixture.now = fixture.now + .seconds(Int64(seconds))
        try await fixture.record([
            fixture.access(.push, "new", tag: "v1", agent: agent, address: address)
        ])
        #expect(try await fixture.manifest("old").inHistory == AccessCounts(resolves: 1), "\(name)")
    }

    // A read after the push is a use, even by the pusher: only checks before it are not.
    @Test func countsThePushersReadsAfterItsPush() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([
            fixture.access(.push, "a", tag: "v1"),
            fixture.access(.pull, "a", tag: "v1", at: fixture.now + .seconds(1)),
        ])
        #expect(try await fixture.manifest("a").inHistory == AccessCounts(pulls: 1, pushes: 1))
    }

    // Of two sources for the same hour the larger count holds.
    @Test func doesNotCountTwoSourcesTwice() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record((0..<3).map { _ in fixture.access(.pull, "a", tag: "v1") })
        try await fixture.record(
            (0..<5).map { _ in fixture.access(.pull, "a", tag: "v1", instance: nil) },
            from: .log
        )
        #expect(try await fixture.manifest("a").inHistory == AccessCounts(pulls: 5))
        #expect(try await fixture.tag("v1").inHistory == AccessCounts(pulls: 5))
    }

    @Test func creditsATagOnlyLineToWhatTheTagPointedToThen() async throws {
        let fixture = try await LedgerFixture()
        let start = fixture.now
        try await fixture.record([fixture.access(.push, "old", tag: "v1", at: start)])
        fixture.now = start + .minutes(10)
        try await fixture.record([fixture.access(.push, "new", tag: "v1", at: fixture.now)])
        try await fixture.record(
            [fixture.access(.pull, tag: "v1", at: start + .minutes(5), instance: nil)],
            from: .log
        )
        #expect(try await fixture.manifest("old").inHistory.pulls == 1)
        #expect(try await fixture.manifest("new").inHistory.pulls == 0)
    }

    // A stamp of whole seconds leaves open which of two manifests was read within that second.
    @Test func creditsBothManifestsOfASecondInWhichATagMoved() async throws {
        let fixture = try await LedgerFixture()
        let start = fixture.now
        try await fixture.record([fixture.access(.push, "old", tag: "v1", at: start - .minutes(1))])
        try await fixture.record([
            fixture.access(.push, "new", tag: "v1", at: start + Span(milliseconds: -1))
        ])
        fixture.now = start + .minutes(1)
        let second = Timestamp(milliseconds: start.milliseconds - 1_000)
        try await fixture.record(
            [fixture.access(.pull, tag: "v1", at: second, instance: nil, isSecondGranular: true)],
            from: .log
        )
        #expect(try await fixture.manifest("old").inHistory.pulls == 1)
        #expect(try await fixture.manifest("new").inHistory.pulls == 1)
    }

    @Test func creditsReadsOfAnUnknownTagOnceItIsKnown() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([fixture.access(.pull, tag: "v1", instance: nil)], from: .log)
        #expect(try await fixture.tag("v1").manifest == nil)
        try await fixture.ledger.list(
            LedgerFixture.repository,
            of: fixture.registry,
            tags: [(name: try #require(TagName("v1")), digest: LedgerFixture.digest("a"))],
            began: fixture.now + .seconds(1),
            now: fixture.now + .seconds(1)
        )
        #expect(try await fixture.manifest("a").inHistory == AccessCounts(pulls: 1))
    }

    @Test func countsAChildsAccessesForEveryIndexThatHoldsIt() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([
            fixture.access(.push, "child"), fixture.access(.push, "inner"),
            fixture.access(.push, "outer", tag: "v1"),
        ])
        try await fixture.store("child")
        try await fixture.store("inner", children: ["child"])
        try await fixture.store("outer", children: ["inner"])
        fixture.now = fixture.now + .hours(3)
        try await fixture.record([fixture.access(.pull, "child")])
        #expect(try await fixture.manifest("outer").inHistory == AccessCounts(pulls: 1, pushes: 3))
        #expect(try await fixture.manifest("outer").lastAccess == fixture.now)
        try await fixture.expectSoundness()
    }

    @Test(arguments: [0, 1_000, 4_102_444_800_000] as [Int64])
    func takesTheTimeOfReceiptForAStampThatCannotBeTrue(_ milliseconds: Int64) async throws {
        let fixture = try await LedgerFixture()
        let stamp = Timestamp(milliseconds: milliseconds)
        try await fixture.record([fixture.access(.pull, "a", tag: "v1", at: stamp)])
        #expect(try await fixture.tag("v1").lastAccess == fixture.now)
        #expect(try await fixture.manifest("a").inHistory == AccessCounts(pulls: 1))
    }

    @Test func rollsOffWhatIsOlderThanTheHistory() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([fixture.access(.pull, "a", tag: "v1")])
        fixture.now = fixture.now + .days(31)
        try await fixture.record([fixture.access(.pull, "a", tag: "v1")])
        let isMore = try await fixture.ledger.rollOff(history: .days(30), now: fixture.now)
        #expect(!isMore)
        #expect(try await fixture.manifest("a").inHistory == AccessCounts(pulls: 1))
        #expect(try await fixture.tag("v1").inHistory == AccessCounts(pulls: 1))
    }
}
