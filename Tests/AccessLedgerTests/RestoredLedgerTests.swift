import AccessLedger
import RegistryModel
import TestSupport
import Testing

/// What was delivered after a ledger was copied went to another file, and will not come again.
struct RestoredLedgerTests {
    /// Serves the fixture's ledger as a daemon does: two probes that come back, then a heartbeat.
    private func serve(
        _ fixture: LedgerFixture,
        _ ledger: Ledger,
        _ session: String,
        mark: ServingMark?
    ) async throws -> (why: String?, mark: ServingMark) {
        fixture.now = fixture.now + .minutes(1)
        let why = try await ledger.beginListening(at: fixture.now, session: session, mark: mark)
        for turn in 1...2 {
            try await fixture.probe("\(session)\(turn)", in: ledger)
        }
        return (why, try await ledger.heartbeat(at: fixture.now).mark)
    }

    private func losses(
        _ fixture: LedgerFixture,
        _ ledger: Ledger
    ) async throws -> [CoverageRecord.Stretch] {
        try await ledger.coverage(of: fixture.registry, since: .init(milliseconds: 0)).losses
    }

    // The registry was never restarted, and its process delivers what comes after our return: that
    // closes an ordinary absence, but not this one.
    @Test func aBackupThatComesBackHasAGapThatNothingCloses() async throws {
        let fixture = try await LedgerFixture()
        let served = try await serve(fixture, fixture.ledger, "a", mark: nil)
        #expect(served.why == nil)
        let proven = fixture.now
        let path = fixture.folder.path + "/backup.sqlite"
        try await fixture.ledger.backup(to: path)
        let copy = try Ledger(path: path)
        // Before a daemon has served it, too.
        #expect(try await losses(fixture, copy).map(\.from) == [proven])
        #expect(try await losses(fixture, copy).map(\.to) == [nil])

        fixture.now = fixture.now + .minutes(5)
        let back = try await serve(fixture, copy, "b", mark: served.mark)
        #expect(back.why == "the ledger was restored from a backup")
        let lost = try await losses(fixture, copy)
        #expect(lost.map(\.from) == [proven])
        #expect(lost.map(\.to) == [proven + .minutes(11)])

        // It is said once.
        let again = try await serve(fixture, copy, "c", mark: back.mark)
        #expect(again.why == nil)
        #expect(try await losses(fixture, copy).count == 1)
        #expect(try await losses(fixture, fixture.ledger) == [])
    }

    @Test func aCopyOfTheFileThatComesBackHasOneToo() async throws {
        let fixture = try await LedgerFixture()
        let first = try await serve(fixture, fixture.ledger, "a", mark: nil)
        // As `cp` would: the copy does not know that it is one.
        let ahead = ServingMark(session: "a", beats: first.mark.beats + 1)
        let back = try await serve(fixture, fixture.ledger, "b", mark: ahead)
        #expect(back.why == "an older copy of the ledger was put in its place")
        #expect(try await losses(fixture, fixture.ledger).count == 1)
        let other = ServingMark(session: "c", beats: 0)
        #expect(try await serve(fixture, fixture.ledger, "d", mark: other).why != nil)
    }

    @Test func aLedgerWithoutTheFileBesideItIsNotTheOneThatWasServedLast() async throws {
        let fixture = try await LedgerFixture()
        let first = try await serve(fixture, fixture.ledger, "a", mark: nil)
        #expect(try await serve(fixture, fixture.ledger, "b", mark: nil).why != nil)
        #expect(first.why == nil)
    }

    // A ledger that was lost: a word on the past that the settings still have is not read anew.
    @Test func anEmptyLedgerInThePlaceOfAnotherHasLostAll() async throws {
        let fixture = try await LedgerFixture()
        let other = ServingMark(session: "a", beats: 3)
        #expect(try await serve(fixture, fixture.ledger, "b", mark: other).why != nil)
        let lost = try await losses(fixture, fixture.ledger)
        #expect(lost.map(\.from) == [Timestamp(milliseconds: 0)])
        // The first start of all may have been cut off.
        let fresh = try await LedgerFixture()
        var begun = ServingMark.unknown
        begun.next = "c"
        #expect(try await serve(fresh, fresh.ledger, "d", mark: begun).why == nil)
    }

    // Killed between a beat in the ledger and in the file, and between the session in the file and in
    // the ledger, or the other way round.
    @Test func aKillIsNoLoss() async throws {
        let fixture = try await LedgerFixture()
        var last = try await serve(fixture, fixture.ledger, "a", mark: nil)
        last.mark.beats -= 1
        last.mark.next = "never begun"
        var next = try await serve(fixture, fixture.ledger, "b", mark: last.mark)
        #expect(next.why == nil)
        next.mark = ServingMark(session: "a", beats: 1_000, next: "b")
        #expect(try await serve(fixture, fixture.ledger, "c", mark: next.mark).why == nil)
        #expect(try await losses(fixture, fixture.ledger) == [])
    }

    @Test(arguments: ["", "a", "a x", "a -1", "a 1 b c", "\u{0}\u{0}"])
    func readsNoMarkFrom(_ text: String) {
        #expect(ServingMark(text) == nil)
    }

    @Test func readsTheMarkThatItWrites() {
        for mark in [
            ServingMark(session: "a1", beats: 7), ServingMark(session: "-", beats: 0, next: "b"),
        ] {
            #expect(ServingMark("\(mark)") == mark)
        }
    }
}
