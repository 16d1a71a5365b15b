import AccessLedger
import GRDB
import RegistryModel
import Testing

/// A clock that was wrong for a while proves nothing, and drops nothing.
struct ClockStepTests {
    private func record(_ fixture: LedgerFixture) async throws -> CoverageRecord {
        try await fixture.ledger.coverage(of: fixture.registry, since: .init(milliseconds: 0))
    }

    /// Proves ten minutes, then two hours ahead some more, and sets the clock right again.
    private func setBack(_ fixture: LedgerFixture) async throws -> (proven: Timestamp, Timestamp) {
        for name in ["p1", "p2", "p3"] { try await fixture.probe(name) }
        let proven = fixture.now
        try await fixture.ledger.heartbeat(at: fixture.now)
        fixture.now = fixture.now + .hours(2)
        for name in ["ahead1", "ahead2"] { try await fixture.probe(name) }
        try await fixture.probe("underway", through: nil)
        try await fixture.ledger.heartbeat(at: fixture.now)
        fixture.now = proven + .minutes(1)
        return (proven, fixture.now)
    }

    // Without it the time up to the wrong one would count as heard, whatever is lost meanwhile.
    @Test func aClockThatIsSetBackWhileWeRunProvesNothingAhead() async throws {
        let fixture = try await LedgerFixture()
        let (proven, right) = try await setBack(fixture)
        try await fixture.ledger.heartbeat(at: fixture.now)
        #expect(try await record(fixture).covered.compactMap(\.to) == [proven])
        let probes = try await fixture.ledger.probes(of: fixture.registry, limit: 10)
        #expect(probes.allSatisfy { $0.sentAt <= right })
        #expect(probes.first?.failure == "the clock was set back before it came back")
        #expect(probes.first?.returnedAt == nil)

        // What comes back since proves the time from then on.
        for name in ["p4", "p5"] { try await fixture.probe(name) }
        let covered = try await record(fixture).covered.filter { $0.from != $0.to }
        #expect(covered.compactMap(\.to) == [proven, fixture.now])
        #expect(covered.last?.from == fixture.now - .minutes(5))
    }

    // A command beside no daemon sees what the next heartbeat would mend.
    @Test func aProofFromTheFutureIsNoneForACommandEither() async throws {
        let fixture = try await LedgerFixture()
        fixture.setClock(by: .hours(2))
        for name in ["ahead1", "ahead2"] {
            try await fixture.live(.seconds(30))
            try await fixture.proof(name)
        }
        #expect(try await fixture.coverage(isLooking: true).covered != [])
        fixture.setClock(by: Span(milliseconds: -7_200_000))
        let seen = try await fixture.coverage(isLooking: true)
        #expect(seen.covered == [])
    }

    // The first event of a process whose clock is ahead by an hour.
    @Test func aProcessOfTheFutureProvesNoFuture() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([fixture.access(.pull, "a", at: fixture.now + .hours(1))])
        for name in ["p1", "p2"] { try await fixture.probe(name) }
        #expect(try await record(fixture).covered.allSatisfy { $0.to ?? $0.from <= fixture.now })
    }

    @Test func aStartWithTheClockFarAheadDropsNothing() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([fixture.access(.pull, "a", tag: "v1")])
        try await fixture.ledger.heartbeat(at: fixture.now)
        let right = fixture.now
        // Twice, as when something restarts it.
        for _ in 1...2 {
            fixture.now = fixture.now + .days(60)
            try await fixture.ledger.beginListening(at: fixture.now)
            let isMore = try await fixture.ledger.rollOff(history: .days(30), now: fixture.now)
            #expect(!isMore)
        }
        #expect(try await fixture.ledger.clockDoubt() == right)
        fixture.now = right + .minutes(1)
        try await fixture.ledger.beginListening(at: fixture.now)
        #expect(try await fixture.ledger.clockDoubt() == nil)
        #expect(try await record(fixture).heldSince == Timestamp(milliseconds: 0))
        #expect(try await fixture.tag("v1").inHistory.pulls == 1)
    }

    // A daemon that was off for a week has the right time all the same.
    @Test func whatIsOldIsDroppedWhenTheClockHasBeenSoForADay() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.ledger.heartbeat(at: fixture.now)
        fixture.now = fixture.now + .days(7)
        try await fixture.ledger.beginListening(at: fixture.now)
        #expect(try await fixture.ledger.clockDoubt() != nil)
        // All heartbeats of a day but the last two.
        let queue = try DatabaseQueue(path: fixture.ledger.path)
        let rest = try await queue.write { db in
            let rest = try Int.fetchOne(db, sql: "SELECT doubtfulBeats FROM serving")
            try db.execute(sql: "UPDATE serving SET doubtfulBeats = 2")
            return rest
        }
        #expect(rest == 17_279)
        for _ in 1...2 {
            #expect(try await fixture.ledger.clockDoubt() != nil)
            fixture.now = fixture.now + .seconds(5)
            try await fixture.ledger.heartbeat(at: fixture.now)
        }
        #expect(try await fixture.ledger.clockDoubt() == nil)
        _ = try await fixture.ledger.rollOff(history: .days(30), now: fixture.now)
        #expect(try await record(fixture).heldSince == (fixture.now - .days(30)).startOfHour)
    }

    // Of a ledger from which a wrong clock has dropped all: nothing would go before its time comes.
    @Test func aHistoryThatIsHeldFromTheFutureOnBeginsAnew() async throws {
        let fixture = try await LedgerFixture()
        _ = try await fixture.ledger.rollOff(
            history: .days(30),
            now: fixture.now + .days(60)
        )
        #expect(try await record(fixture).heldSince > fixture.now)
        try await fixture.ledger.beginListening(at: fixture.now)
        let mended = try await record(fixture)
        #expect(mended.heldSince == fixture.now)
        #expect(mended.losses.map(\.from) == [fixture.now])
    }
}
