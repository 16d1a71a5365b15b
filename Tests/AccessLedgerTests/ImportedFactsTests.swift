import AccessLedger
import RegistryModel
import Testing

/// What old logs say of tags counts in the order of time, however they are cut into pieces.
struct ImportedFactsTests {
    private let fixture: LedgerFixture
    private var past: Timestamp { fixture.now - .days(3) }

    init() async throws { fixture = try await LedgerFixture() }

    private func logged(
        _ accessClass: AccessClass = .pull,
        _ seed: String? = nil,
        at minute: Int64
    ) -> Access {
        fixture.logged(accessClass, seed, at: past + .minutes(minute), key: UInt64(minute))
    }

    private func isThere(_ tag: String) async throws -> Bool {
        try await fixture.ledger.image(
            LedgerFixture.repository,
            tag: TagName(tag),
            digest: nil,
            in: fixture.registry
        )?.isGone == false
    }

    /// One list in one piece, and cut after its first half.
    private func pieces(_ log: [Access], _ count: Int) -> [[Access]] {
        count == 1 ? [log] : [Array(log[..<(log.count / 2)]), Array(log[(log.count / 2)...])]
    }

    // A read tells of a tag that nobody pushed since the log began; then it was deleted.
    @Test(arguments: [1, 2])
    func aTagThatWasReadAndThenDeletedIsGone(pieces count: Int) async throws {
        let log = [logged(.pull, "a", at: 1), logged(.delete, at: 2)]
        try fixture.importing(pieces(log, count))
        #expect(try await !isThere("v1"))
        #expect(try await fixture.manifest("a").inHistory == AccessCounts(pulls: 1))
        try await fixture.expectSoundness()
    }

    @Test(arguments: [1, 2])
    func aTagThatWasReadAfterItsDeleteIsThere(pieces count: Int) async throws {
        let log = [logged(.delete, at: 1), logged(.pull, "a", at: 2)]
        try fixture.importing(pieces(log, count))
        #expect(try await isThere("v1"))
    }

    @Test(arguments: [1, 2])
    func aTagThatWasReadBeforeAndAfterItsDeleteIsThere(pieces count: Int) async throws {
        let log = [
            logged(.pull, "a", at: 1), logged(.delete, at: 2), logged(.pull, "a", at: 3),
            logged(.pull, "a", at: 4),
        ]
        try fixture.importing(pieces(log, count))
        #expect(try await isThere("v1"))
        #expect(try await fixture.tag("v1").manifest == fixture.manifest("a").id)
        try await fixture.expectSoundness()
    }

    // No push is seen: the reads alone tell where the tag pointed, also that it came back.
    @Test(arguments: [1, 2])
    func readsTellThatATagWentAndCameBack(pieces count: Int) async throws {
        let log = [
            logged(.pull, "a", at: 1), logged(.pull, "b", at: 11), logged(at: 12),
            logged(.pull, "a", at: 21), logged(at: 22), logged(at: 23),
        ]
        try fixture.importing(pieces(log, count))
        #expect(try await fixture.tag("v1").manifest == fixture.manifest("a").id)
        #expect(try await fixture.manifest("a").inHistory.pulls == 4)
        #expect(try await fixture.manifest("b").inHistory.pulls == 2)
        #expect(try await fixture.tag("v1").inHistory.pulls == 6)
        try await fixture.expectSoundness()
    }

    // Pushed again and again with the same content, which an import writes in short.
    @Test(arguments: [1, 2])
    func aRepeatedPushIsTheNewestPush(pieces count: Int) async throws {
        let log = (0..<6).map { logged(.push, "a", at: $0 * 50) }
        try fixture.importing(pieces(log, count))
        #expect(try await fixture.tag("v1").pushedAt == past + .minutes(250))
        #expect(try await fixture.manifest("a").inHistory == AccessCounts(pushes: 6))
        #expect(try await fixture.tag("v1").manifest == fixture.manifest("a").id)
        try await fixture.expectSoundness()
    }

    @Test func anOldRepeatedPushDoesNotMakeATagOlder() async throws {
        let recent = fixture.now - .hours(1)
        try await fixture.record([fixture.access(.push, "a", tag: "v1", at: recent)])
        try fixture.importing([[logged(.push, "a", at: 1)]])
        #expect(try await fixture.tag("v1").pushedAt == recent)
        // Before that push the tag may have been this manifest's for as long as the log says.
        try fixture.importing([[logged(at: 2)]])
        #expect(try await fixture.manifest("a").inHistory.pulls == 1)
    }
}
