import AccessLedger
import RegistryModel
import Testing

/// A commit hands the rows it has read to the next one; what happened to them between the two, by
/// whomever, holds.
struct RowMemoryTests {
    /// A fixture whose memory holds `v1` pointing to `a`.
    private static func fixture() async throws -> LedgerFixture {
        let fixture = try await LedgerFixture()
        try await fixture.record([fixture.access(.push, "a", tag: "v1")])
        for _ in 0..<2 {
            fixture.now = fixture.now + .minutes(1)
            try await fixture.record([fixture.access(.pull, "a", tag: "v1")])
        }
        return fixture
    }

    @Test func seesATagAgainThatAnotherProcessHeardDeleted() async throws {
        let fixture = try await Self.fixture()
        let other = try Ledger(path: fixture.ledger.path)
        defer { try? other.close() }
        fixture.now = fixture.now + .minutes(1)
        try await fixture.record([fixture.access(.delete, tag: "v1")], in: other)
        #expect(try await fixture.facts().tags == 0)
        fixture.now = fixture.now + .minutes(1)
        try await fixture.record([fixture.access(.pull, "a", tag: "v1")])
        #expect(try await fixture.facts().tags == 1)
        #expect(try await fixture.tag("v1").manifest == fixture.manifest("a").id)
        try await fixture.expectSoundness()
    }

    @Test func seesAManifestAgainThatAnotherProcessHeardDeleted() async throws {
        let fixture = try await LedgerFixture()
        for _ in 0..<2 { try await fixture.record([fixture.access(.pull, "a")]) }
        let other = try Ledger(path: fixture.ledger.path)
        defer { try? other.close() }
        fixture.now = fixture.now + .minutes(1)
        try await fixture.record([fixture.access(.delete, "a")], in: other)
        #expect(try await fixture.facts().untagged == 0)
        fixture.now = fixture.now + .minutes(1)
        try await fixture.record([fixture.access(.pull, "a")])
        #expect(try await fixture.facts().untagged == 1)
        #expect(try await fixture.manifest("a").inHistory == AccessCounts(pulls: 3))
        try await fixture.expectSoundness()
    }

    // A pull from before the delete brings nothing back; what is remembered of it must not hide the
    // one after.
    @Test func bringsAManifestBackAfterALatePull() async throws {
        let fixture = try await LedgerFixture()
        let early = fixture.now
        try await fixture.record([fixture.access(.pull, "a")])
        fixture.now = fixture.now + .minutes(2)
        try await fixture.record([fixture.access(.delete, "a")])
        try await fixture.record([fixture.access(.pull, "a", at: early + .minutes(1))])
        #expect(try await fixture.facts().untagged == 0)
        fixture.now = fixture.now + .minutes(1)
        try await fixture.record([fixture.access(.pull, "a")])
        #expect(try await fixture.facts().untagged == 1)
        try await fixture.expectSoundness()
    }

    // The pull says that the tag points to `a` once more: no news to who remembers only that.
    @Test(arguments: [true, false])
    func heedsAMoveBetweenTwoPulls(_ isByAnotherProcess: Bool) async throws {
        let fixture = try await Self.fixture()
        let other = try Ledger(path: fixture.ledger.path)
        defer { try? other.close() }
        fixture.now = fixture.now + .minutes(1)
        try await fixture.record(
            [fixture.access(.push, "b", tag: "v1", agent: "skopeo/1")],
            in: isByAnotherProcess ? other : fixture.ledger
        )
        #expect(try await fixture.tag("v1").manifest == fixture.manifest("b").id)
        fixture.now = fixture.now + .minutes(1)
        try await fixture.record([fixture.access(.pull, "a", tag: "v1")])
        #expect(try await fixture.tag("v1").manifest == fixture.manifest("a").id)
        #expect(try await fixture.manifest("a").inHistory == AccessCounts(pulls: 3, pushes: 1))
        #expect(try await fixture.manifest("b").inHistory == AccessCounts(pushes: 1))
        try await fixture.expectSoundness()
    }

    @Test func heedsAListingBetweenTwoPulls() async throws {
        let fixture = try await Self.fixture()
        fixture.now = fixture.now + .minutes(1)
        try await fixture.ledger.list(
            LedgerFixture.repository,
            of: fixture.registry,
            tags: [],
            began: fixture.now,
            now: fixture.now
        )
        #expect(try await fixture.facts().tags == 0)
        fixture.now = fixture.now + .minutes(1)
        try await fixture.record([fixture.access(.pull, "a", tag: "v1")])
        #expect(try await fixture.facts().tags == 1)
        try await fixture.expectSoundness()
    }

    @Test func countsOnAfterAFoldBetweenTwoPulls() async throws {
        let fixture = try await Self.fixture()
        try await fixture.ledger.fold()
        fixture.now = fixture.now + .minutes(2)
        try await fixture.record([fixture.access(.pull, "a", tag: "v1")])
        let manifest = try await fixture.manifest("a")
        #expect(manifest.inHistory == AccessCounts(pulls: 3, pushes: 1))
        #expect(manifest.lastAccess == fixture.now)
        #expect(try await fixture.tag("v1").inHistory == AccessCounts(pulls: 3, pushes: 1))
    }

    // The second commit fails after it has changed what it was handed: none of that may be known.
    @Test func forgetsWhatACommitThatFailedHadChanged() async throws {
        let fixture = try await Self.fixture()
        let lost = fixture.access(.pull, "a", tag: "v1")
        let unknown = RegistryRow(id: 99, name: "unknown")
        await #expect(throws: LedgerError.self) {
            try await fixture.record([lost], followedBy: unknown)
        }
        let batch = try await fixture.record([lost])
        #expect(batch.answers == [DeliveryAnswer(accepted: 1)])
        #expect(try await fixture.manifest("a").inHistory.pulls == 3)
    }
}
