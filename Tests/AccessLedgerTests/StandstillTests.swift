import AccessLedger
import GRDB
import RegistryModel
import Synchronization
import Testing

/// A daemon that stands still, as one that is stopped or whose machine sleeps, hears nothing.
struct StandstillTests {
    private let fixture: LedgerFixture

    init() async throws { fixture = try await LedgerFixture() }

    /// Hears for a while by one source, and returns when that was proven last.
    private func hear(by source: AccessSource) async throws -> Timestamp {
        try await fixture.begin()
        for name in ["p1", "p2"] {
            try await fixture.live(.seconds(30))
            try await fixture.proof(name, by: source)
        }
        return fixture.now
    }

    // Its forwarder may have given up meanwhile: what comes since says nothing of what it dropped.
    @Test func aLogIsNotProvenOverIt() async throws {
        let before = try await hear(by: .log)
        fixture.rest(.seconds(30))
        #expect(try await fixture.beat().stillSince == before)
        let back = fixture.now
        for name in ["p3", "p4", "p5"] {
            try await fixture.live(.seconds(30))
            try await fixture.proof(name, by: .log)
        }
        let record = try await fixture.coverage()
        #expect(
            record.absences == [.init(from: before, to: back, reason: "lastpull stood still")]
        )
        #expect(try await !fixture.covers(before, back))
        #expect(try await fixture.covers(back + .seconds(30), fixture.now))
    }

    // A probe may be sent and come back before the next heartbeat.
    @Test func whatWasProvenBeforeItIsNoticedIsTakenBack() async throws {
        let before = try await hear(by: .log)
        fixture.rest(.seconds(30))
        try await fixture.proof("quick", by: .log)
        #expect(try await fixture.covers(before, fixture.now))
        // A plan that is made in between does not believe it.
        let seen = try await fixture.coverage(isLooking: true)
        #expect(seen.covered.compactMap(\.to).max() == before)

        fixture.rest(.seconds(2))
        try await fixture.beat()
        let back = fixture.now
        #expect(try await !fixture.covers(before, back - .seconds(2)))
        try await fixture.live(.seconds(30))
        try await fixture.proof("p3", by: .log)
        #expect(try await !fixture.covers(before, back))
    }

    // A registry's queue is first in, first out: what is stamped after our return comes last.
    @Test func eventsFromAfterItProveThatNothingIsMissing() async throws {
        let before = try await hear(by: .events)
        fixture.rest(.minutes(10))
        try await fixture.beat()
        let back = fixture.now
        // Kept from before our return.
        try await fixture.record([fixture.access(.pull, "a", at: before + .minutes(1))])
        #expect(try await fixture.coverage().absences.map(\.to) == [back])
        #expect(try await !fixture.covers(before, back))
        try await fixture.live(.seconds(30))
        try await fixture.proof("p3")
        #expect(try await fixture.coverage().absences == [])
        #expect(try await fixture.covers(before, back))
    }

    // One of two processes says nothing of what the other has kept.
    @Test func everyProcessIsWaitedFor() async throws {
        try await fixture.begin()
        try await fixture.live(.seconds(5))
        for name in ["a", "b"] {
            try await fixture.record([fixture.access(.pull, name, instance: name)])
        }
        try await fixture.live(.seconds(5))
        fixture.rest(.minutes(1))
        try await fixture.beat()
        try await fixture.live(.seconds(5))
        try await fixture.record([fixture.access(.pull, "a", instance: "a")])
        #expect(try await fixture.coverage().absences.count == 1)
        try await fixture.record([fixture.access(.pull, "b", instance: "b")])
        #expect(try await fixture.coverage().absences == [])
    }

    // What a busy machine does to a daemon is no standstill.
    @Test(arguments: [5, 12, 20] as [Int64])
    func aHeartbeatThatIsLateBySomeSecondsIsNone(_ seconds: Int64) async throws {
        let before = try await hear(by: .log)
        fixture.rest(.seconds(seconds))
        #expect(try await fixture.beat().stillSince == nil)
        try await fixture.proof("p3", by: .log)
        #expect(try await fixture.coverage().absences == [])
        #expect(try await fixture.covers(before, fixture.now))
    }

    /// Another's write holds the ledger: a heartbeat begins in time, and is written when that ends.
    private func beat(after pause: Span, waiting: Span) async throws -> Heartbeat {
        fixture.rest(pause)
        let woken = fixture.moment
        fixture.rest(waiting)
        let now = fixture.moment
        return try await fixture.ledger.heartbeat(wokenAt: woken) { now }
    }

    // Whoever asked meanwhile has an answer in time.
    @Test(arguments: [15, 19, 20] as [Int64])
    func whoWaitsForTheLedgerDoesNotStandStill(_ seconds: Int64) async throws {
        let before = try await hear(by: .log)
        for _ in 0..<3 {
            let beat = try await beat(after: .seconds(5), waiting: .seconds(seconds))
            #expect(beat.stillSince == nil)
        }
        try await fixture.proof("p3", by: .log)
        #expect(try await fixture.coverage().absences == [])
        #expect(try await fixture.covers(before, fixture.now))
    }

    // Frozen before it began, while it waited, or partly both.
    @Test(arguments: [(21, 0), (25, 15), (5, 21), (12, 9)] as [(Int64, Int64)])
    func whoIsFrozenStandsStillThough(_ pause: Int64, _ waiting: Int64) async throws {
        let before = try await hear(by: .log)
        let beat = try await beat(after: .seconds(pause), waiting: .seconds(waiting))
        #expect(beat.stillSince == before)
        #expect(try await !fixture.covers(before, fixture.now))
    }

    // What it waited for is no part of the time since.
    @Test func theMomentIsThatOfTheWriteItself() async throws {
        let path = fixture.ledger.path
        let now = fixture.moment
        let isBusy = Mutex(false)
        _ = try await fixture.ledger.heartbeat(wokenAt: now) {
            let other = try? DatabaseQueue(path: path)
            let write: Void? = try? other?.inTransaction(.immediate) { _ in .commit }
            isBusy.withLock { $0 = other != nil && write == nil }
            return now
        }
        #expect(isBusy.withLock { $0 })
    }

    // The clock of a machine that slept may be behind for a while.
    @Test func theMachinesOwnTimeTellsToo() async throws {
        let before = try await hear(by: .log)
        fixture.machine.uptime += 120_000
        fixture.now = fixture.now + .seconds(5)
        let since = fixture.now - .seconds(120)
        #expect(try await fixture.beat().stillSince == since)
        let absence = try #require(try await fixture.coverage().absences.first)
        #expect(absence.from == since && absence.to == fixture.now)
        #expect(try await !fixture.covers(since, before))
    }

    // An absence that a start has noted is none that the first heartbeat finds.
    @Test func aStartIsNoStandstill() async throws {
        _ = try await hear(by: .log)
        fixture.rest(.hours(1))
        try await fixture.begin()
        #expect(try await fixture.coverage().absences.map(\.reason) == ["lastpull was not running"])
        try await fixture.live(.seconds(5))
        #expect(try await fixture.coverage().absences.count == 1)
    }
}
