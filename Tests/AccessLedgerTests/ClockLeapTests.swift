import AccessLedger
import RegistryModel
import Testing

/// A clock that goes on by more than the machine's own time confirms proves nothing.
struct ClockLeapTests {
    private let fixture: LedgerFixture

    init() async throws { fixture = try await LedgerFixture() }

    /// Hears for a while, and returns when that was proven last.
    private func hear() async throws -> Timestamp {
        try await fixture.begin()
        for name in ["p1", "p2"] {
            try await fixture.live(.seconds(30))
            try await fixture.proof(name)
        }
        return fixture.now
    }

    private func leaps() async throws -> [ClockLeap] {
        try await fixture.ledger.clockLeaps(at: fixture.now, machine: fixture.machine)
    }

    // Two probes, a minute apart, on both sides of eight days that never were.
    @Test(arguments: [Span.minutes(2), .hours(3), .days(8)])
    func isLostWhileWeRun(_ span: Span) async throws {
        let before = try await hear()
        fixture.rest(.seconds(5))
        fixture.setClock(by: span)
        #expect(try await fixture.beat().leap?.from == before)
        let after = fixture.now
        #expect(try await fixture.coverage().losses.map(\.from) == [before])
        #expect(try await fixture.coverage().losses.map(\.to) == [after])
        for name in ["p3", "p4"] {
            try await fixture.live(.seconds(30))
            try await fixture.proof(name)
        }
        #expect(try await !fixture.covers(before, after))
        #expect(try await fixture.covers(after + .seconds(30), fixture.now))
        // No absence, that could heal: nobody was away.
        #expect(try await fixture.coverage().absences == [])
        #expect(try await fixture.coverage().losses.count == 1)
    }

    // Whoever plans before the next heartbeat sees it, and believes nothing that came since.
    @Test func isSeenBeforeAHeartbeatNoticesIt() async throws {
        let before = try await hear()
        fixture.setClock(by: .hours(3))
        try await fixture.proof("p3")
        let seen = try await leaps()
        #expect(seen == [ClockLeap(from: before, to: fixture.now, served: .zero)])
        let covered = try await fixture.coverage(isLooking: true).covered
        #expect(covered.compactMap(\.to).max() == before)
        fixture.rest(.seconds(1))
        try await fixture.beat()
        #expect(try await !fixture.covers(before, fixture.now - .seconds(1)))
    }

    // What the registry kept for us is stamped by a clock of which nobody knows how far it is off.
    @Test func anAbsenceOverItNeverHeals() async throws {
        let before = try await hear()
        fixture.rest(.seconds(30))
        fixture.setClock(by: .days(8))
        try await fixture.begin()
        let after = fixture.now
        for name in ["p3", "p4", "p5"] {
            try await fixture.live(.seconds(30))
            try await fixture.proof(name)
        }
        #expect(try await fixture.coverage().absences.map(\.to) == [after])
        #expect(try await fixture.coverage().losses.map(\.from) == [before])
        #expect(try await !fixture.covers(before, after))
    }

    // It was a mistake, and is set right: who listened all the time has heard all.
    @Test func isOverWhenTheClockIsSetBack() async throws {
        let before = try await hear()
        fixture.setClock(by: .days(8))
        try await fixture.live(.seconds(30))
        try await fixture.proof("ahead")
        #expect(try await leaps().count == 1)
        fixture.setClock(by: Span(milliseconds: -Span.days(8).milliseconds))
        try await fixture.live(.seconds(5))
        #expect(try await leaps() == [])
        #expect(try await fixture.coverage().losses == [])
        #expect(try await fixture.coverage().covered.compactMap(\.to).max() == before)
        try await fixture.live(.seconds(30))
        try await fixture.proof("p3")
        #expect(try await fixture.covers(before, fixture.now))
    }

    // Whoever sets it right may come late: by then more time has passed than the clock had skipped.
    @Test func isOverWhenTheClockIsSetBackLate() async throws {
        _ = try await hear()
        fixture.setClock(by: .minutes(2))
        for _ in 0..<40 { try await fixture.live(.seconds(5)) }
        #expect(try await leaps().count == 1)
        fixture.setClock(by: Span(milliseconds: -Span.minutes(2).milliseconds))
        try await fixture.live(.seconds(5))
        #expect(try await leaps() == [])
        #expect(try await fixture.coverage().losses == [])
    }

    // Set back by a part of it, the clock is as wrong as it is still ahead.
    @Test func whatIsLeftOfItStays() async throws {
        let before = try await hear()
        fixture.setClock(by: .days(8))
        try await fixture.live(.seconds(5))
        fixture.setClock(by: Span(milliseconds: -Span.days(5).milliseconds))
        try await fixture.live(.seconds(5))
        let left = try #require(try await leaps().first)
        #expect(left.from == before)
        #expect(left.to == fixture.now)
        #expect(try await leaps().count == 1)
    }

    // Whoever waits for it to be over asks no clock.
    @Test func heartbeatsTellHowLongItIsAgo() async throws {
        _ = try await hear()
        fixture.setClock(by: .hours(3))
        try await fixture.live(.seconds(60))
        #expect(try await leaps().map(\.served) == [.seconds(60)])
        // Time in which nobody serves does not count.
        fixture.rest(.hours(2))
        #expect(try await leaps().map(\.served) == [.seconds(60)])
    }

    // What a time server corrects, and a suspended or stopped daemon: the machine's time says as much.
    @Test func noneIsSeenWhereTheMachinesTimeGoesAlong() async throws {
        _ = try await hear()
        fixture.setClock(by: .seconds(50))
        #expect(try await fixture.beat().leap == nil)
        fixture.rest(.days(2))
        #expect(try await leaps() == [])
        #expect(try await fixture.beat().leap == nil)
        fixture.rest(.days(3))
        try await fixture.begin()
        #expect(try await leaps() == [])
        #expect(try await fixture.coverage().losses == [])
    }

    // MARK: Over a restart of the machine

    /// Hears a registry whose clock is ahead by so much, and starts anew on another boot an hour later.
    private func reboot(_ offset: Span, leaping leap: Span = .zero) async throws {
        try await fixture.begin()
        for name in ["p1", "p2"] {
            try await fixture.live(.seconds(30))
            try await proof(name, ahead: offset)
        }
        fixture.rest(.hours(1) + leap)
        fixture.machine = MachineMoment(boot: "second", uptime: 20_000)
        try await fixture.begin()
    }

    private func proof(_ name: String, ahead offset: Span) async throws {
        let now = fixture.now
        try await fixture.ledger.probeSent(
            name,
            to: fixture.registry,
            mediaType: MediaType.ociManifest,
            at: now
        )
        try await fixture.ledger.probeAnswered(name, at: now, failure: nil, isGap: false)
        let agent = OwnUserAgent.probe(name)
        try await fixture.record([
            fixture.access(.resolve, "a", at: now + offset, agent: agent, instance: "a")
        ])
    }

    // Nobody can tell whether the clock leapt, but the registry's clock is as far off as ever.
    @Test(arguments: [Span.zero, .minutes(2), .hours(3), Span(milliseconds: -10_800_000)])
    func anAbsenceHealsByAClockThatIsOffAsBefore(_ offset: Span) async throws {
        try await reboot(offset)
        for name in ["p3", "p4"] {
            try await fixture.live(.seconds(30))
            try await proof(name, ahead: offset)
        }
        #expect(try await fixture.coverage().absences == [])
    }

    // Eight days behind ours all at once: one of the two was set.
    @Test func anAbsenceDoesNotHealByAClockThatDisagreesAllAtOnce() async throws {
        try await reboot(.zero, leaping: .days(8))
        let back = fixture.now
        for name in ["p3", "p4", "p5"] {
            try await fixture.live(.seconds(30))
            try await proof(name, ahead: Span(milliseconds: -Span.days(8).milliseconds))
        }
        #expect(try await leaps() == [])
        #expect(try await fixture.coverage().absences.map(\.to) == [back])
        #expect(try await !fixture.covers(back - .days(8), back))
    }
}
