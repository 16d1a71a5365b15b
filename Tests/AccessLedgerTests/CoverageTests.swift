import AccessLedger
import RegistryModel
import Testing

/// Silence is proven before it means anything (design, section 5.2).
struct CoverageTests {
    private func covered(_ fixture: LedgerFixture) async throws -> [Span] {
        try await fixture.ledger
            .coverage(of: fixture.registry, since: .init(milliseconds: 0))
            .covered.map { ($0.to ?? $0.from) - $0.from }
            .filter { $0 > .zero }
    }

    @Test func growsWithEachProbeThatComesBack() async throws {
        let fixture = try await LedgerFixture()
        for name in ["p1", "p2", "p3"] { try await fixture.probe(name) }
        #expect(try await covered(fixture) == [.minutes(10)])
    }

    // p2 was answered and never reported, though p3 was: what others read then may be missing too.
    @Test func breaksAtAProbeThatNeverComesBack() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.probe("p1")
        try await fixture.probe("p2", through: nil)
        for name in ["p3", "p4"] { try await fixture.probe(name) }
        #expect(try await covered(fixture) == [.minutes(5)])
    }

    // Probes that come back through another log say nothing of the one that can't be read.
    @Test func aLogThatCannotBeReadIsAGapUntilItIsReadAgain() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.probe("p1")
        let began = fixture.now
        func note(_ problem: String, losesAfter: Span? = .zero) async throws {
            try await fixture.ledger.noteFollowed(
                "/b.log",
                of: fixture.registry,
                problem: problem,
                losesAfter: losesAfter,
                now: fixture.now
            )
        }
        func losses() async throws -> [CoverageRecord.Stretch] {
            try await fixture.ledger
                .coverage(of: fixture.registry, since: .init(milliseconds: 0)).losses
        }
        try await note("no such file")
        for name in ["p2", "p3"] { try await fixture.probe(name) }
        #expect(try await losses().map(\.from) == [began])
        #expect(try await losses().map(\.to) == [nil])
        try await note("")
        #expect(try await losses().map(\.to) == [nil])
        try await fixture.probe("p4")
        #expect(try await losses().map(\.from) == [began])
        #expect(try await losses().map(\.to) == [fixture.now])
        // An outage of a store that keeps what it has is a gap only while it lasts.
        try await note("no answer", losesAfter: .hours(1))
        #expect(try await losses().count == 2)
        try await note("", losesAfter: .hours(1))
        #expect(try await losses().count == 1)
        // Of a part nothing is lost that is not told by itself, however long that takes.
        try await note("a blob is archived", losesAfter: nil)
        try await fixture.probe("p4a")
        try await note("", losesAfter: nil)
        #expect(try await losses().count == 1)
        // What is followed no longer is forgotten, but for what it could not tell.
        try await note("no such file")
        try await fixture.ledger.keepFollowed([], of: fixture.registry, now: fixture.now)
        #expect(try await losses().count == 2)
        try await fixture.probe("p5")
        #expect(try await losses().map(\.to).contains(nil) == false)
    }

    // A filter on one media type loses every other probe: nothing is ever covered.
    @Test func coversNothingWhileOneMediaTypeIsFilteredOut() async throws {
        let fixture = try await LedgerFixture()
        for round in 0..<4 {
            try await fixture.probe("m\(round)")
            try await fixture.probe("i\(round)", mediaType: MediaType.ociIndex, through: nil)
        }
        #expect(try await covered(fixture) == [])
    }

    @Test func waitsForEveryReplicaToReturnAProbe() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.probe("p1", through: "a")
        try await fixture.probe("p2", through: "b")
        // Both are alive: b was heard before a was heard last, so it is no successor of it.
        fixture.now = fixture.now + .seconds(1)
        try await fixture.record([fixture.access(.pull, "a", instance: "a")])
        for name in ["p3", "p4", "p5"] { try await fixture.probe(name, through: "b") }
        #expect(try await covered(fixture) == [])
        try await fixture.probe("p6", through: "a")
        try await fixture.probe("p7", through: "b")
        #expect(try await covered(fixture) == [.minutes(25) + .seconds(1)])
    }

    // A restarted registry has lost its queue: a gap from the old process's last proof to the new
    // one's first sign of life.
    @Test func leavesAGapWhereTheRegistryWasRestarted() async throws {
        let fixture = try await LedgerFixture()
        for name in ["p1", "p2"] { try await fixture.probe(name, through: "a") }
        for name in ["p3", "p4", "p5"] { try await fixture.probe(name, through: "b") }
        #expect(try await covered(fixture) == [.minutes(5), .minutes(10)])
    }

    // Replica a stops reporting when b joins, and goes on serving: every other probe reaches it, and
    // is lost. So it was not restarted as b, and is waited for as long as any process.
    @Test func aReplicaThatStillAnswersIsNotTakenForRestarted() async throws {
        let fixture = try await LedgerFixture()
        for name in ["p1", "p2"] { try await fixture.probe(name, through: "a") }
        let last = fixture.now
        try await fixture.probe("p3", through: "b")
        try await fixture.probe("lost", through: nil)
        for name in ["p5", "p6", "p7"] { try await fixture.probe(name, through: "b") }
        #expect(try await covered(fixture) == [.minutes(5)])

        // An hour after its last word nobody waits for it any more; what comes back since, counts.
        while fixture.now < last + .minutes(75) {
            try await fixture.probe("q\(fixture.now.milliseconds)", through: "b")
        }
        #expect(try await covered(fixture) == [.minutes(5), .minutes(15)])
    }

    // A probe that was answered by the old process just before its end was no successor's to return.
    @Test func aProbeLostWithTheOldProcessDelaysNoSuccession() async throws {
        let fixture = try await LedgerFixture()
        for name in ["p1", "p2"] { try await fixture.probe(name, through: "a") }
        try await fixture.probe("lost", through: nil)
        for name in ["p4", "p5"] { try await fixture.probe(name, through: "b") }
        #expect(try await covered(fixture) == [.minutes(5), .minutes(5)])
        // Nor does one that is still under way.
        try await fixture.probe("under way", through: nil)
        #expect(try await covered(fixture) == [.minutes(5), .minutes(5)])
    }

    @Test func healsOurAbsenceWhenTheQueueWasDelivered() async throws {
        let fixture = try await LedgerFixture()
        for name in ["p1", "p2"] { try await fixture.probe(name) }
        try await fixture.ledger.heartbeat(at: fixture.now)
        let queued = fixture.now + .minutes(30)
        fixture.now = fixture.now + .hours(1)
        try await fixture.ledger.beginListening(at: fixture.now)
        // What was queued while we were away says nothing about what is still to come.
        try await fixture.record([fixture.access(.pull, "a", at: queued)])
        let open = try await fixture.ledger.coverage(
            of: fixture.registry,
            since: .init(milliseconds: 0)
        )
        #expect(open.absences.count == 1)
        for name in ["p3", "p4"] { try await fixture.probe(name) }
        let healed = try await fixture.ledger.coverage(
            of: fixture.registry,
            since: .init(milliseconds: 0)
        )
        #expect(healed.absences == [])
        let whole = try await covered(fixture)
        #expect(whole.max() ?? .zero >= .minutes(75))
    }

    // A probe that a kill cut off may never have been sent: it must not look like one that was
    // answered and never reported. One that was answered does, whoever was killed since.
    @Test func marksProbesThatWereCutOffByOurEnd() async throws {
        let fixture = try await LedgerFixture()
        for name in ["p1", "p2"] { try await fixture.probe(name) }
        try await fixture.probe("answered", through: nil)
        fixture.now = fixture.now + .minutes(5)
        try await fixture.ledger.probeSent(
            "cut off",
            to: fixture.registry,
            mediaType: MediaType.ociManifest,
            at: fixture.now
        )
        try await fixture.ledger.heartbeat(at: fixture.now)
        fixture.now = fixture.now + .minutes(1)
        try await fixture.ledger.beginListening(at: fixture.now)
        let probes = try await fixture.ledger.probes(of: fixture.registry, limit: 10)
        #expect(
            probes.map(\.failure) == ["lastpull ended before it was answered", nil, nil, nil]
        )
        #expect(probes.map { $0.returnedAt == nil } == [true, true, false, false])
    }

    @Test func keepsTheGapOfAnAbsenceInWhichTheRegistryWasRestarted() async throws {
        let fixture = try await LedgerFixture()
        for name in ["p1", "p2"] { try await fixture.probe(name, through: "a") }
        try await fixture.ledger.heartbeat(at: fixture.now)
        fixture.now = fixture.now + .hours(1)
        try await fixture.ledger.beginListening(at: fixture.now)
        for name in ["p3", "p4", "p5"] { try await fixture.probe(name, through: "b") }
        let record = try await fixture.ledger.coverage(
            of: fixture.registry,
            since: .init(milliseconds: 0)
        )
        #expect(record.absences.count == 1)
        #expect(try await covered(fixture).max() ?? .zero <= .minutes(10))
    }

    @Test func opensALossForARejectedBodyAndClosesItWithTheNextProbe() async throws {
        let fixture = try await LedgerFixture()
        for name in ["p1", "p2"] { try await fixture.probe(name) }
        let before = fixture.now
        fixture.now = fixture.now + .minutes(1)
        try await fixture.record([], rejections: [.init(reason: "no JSON", excerpt: [1, 2])])
        var record = try await fixture.ledger.coverage(
            of: fixture.registry,
            since: .init(milliseconds: 0)
        )
        #expect(record.losses.map(\.from) == [before])
        #expect(record.losses.map(\.to) == [nil])
        try await fixture.probe("p3")
        record = try await fixture.ledger.coverage(
            of: fixture.registry,
            since: .init(milliseconds: 0)
        )
        #expect(record.losses.map(\.to) == [fixture.now])
    }

    // Two minutes ahead: its stamps are moved back, so that windows and absences are judged by one
    // clock.
    @Test func correctsTheRegistrysClockByWhatTheProbeShows() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.ledger.probeSent(
            "p1",
            to: fixture.registry,
            mediaType: MediaType.ociManifest,
            at: fixture.now
        )
        let ahead = fixture.now - .minutes(2)
        try await fixture.record([
            fixture.access(.resolve, "a", at: ahead, agent: OwnUserAgent.probe("p1"))
        ])
        fixture.now = fixture.now + .minutes(5)
        try await fixture.record([
            fixture.access(.pull, "a", tag: "v1", at: fixture.now - .minutes(2))
        ])
        #expect(try await fixture.tag("v1").lastAccess == fixture.now)
        #expect(try await fixture.ledger.sources(now: fixture.now).first?.clockOffset == -120_000)
    }

    // Two hours off, as a log in local time is; the other log of the registry tells its zone.
    @Test func theClockOfOneLogDatesNoUseOfAnotherBack() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.ledger.probeSent(
            "p1",
            to: fixture.registry,
            mediaType: MediaType.ociManifest,
            at: fixture.now
        )
        let local = fixture.now + .hours(2)
        try await fixture.record(
            [fixture.access(.resolve, "a", at: local, agent: OwnUserAgent.probe("p1"))],
            from: .log
        )
        let offset = try await fixture.ledger.sources(now: fixture.now).first?.clockOffset
        #expect(offset == 7_200_000)
        fixture.now = fixture.now + .minutes(5)
        try await fixture.record(
            [fixture.access(.pull, "a", tag: "v1", at: fixture.now - .minutes(1))],
            from: .log
        )
        #expect(try await fixture.tag("v1").lastAccess == fixture.now - .minutes(1))
        try await fixture.record(
            [fixture.access(.pull, "a", tag: "v2", at: fixture.now + .hours(2))],
            from: .log
        )
        #expect(try await fixture.tag("v2").lastAccess == fixture.now)
    }

    @Test func takesTheOperatorsWordUntilItWasFirstRead() async throws {
        let fixture = try await LedgerFixture()
        let from = fixture.now - .days(20)
        try await fixture.ledger.trust(fixture.registry, from: from, readAt: fixture.now)
        let first = fixture.now
        fixture.now = fixture.now + .days(1)
        try await fixture.ledger.trust(fixture.registry, from: from, readAt: fixture.now)
        let record = try await fixture.ledger.coverage(
            of: fixture.registry,
            since: .init(milliseconds: 0)
        )
        #expect(record.covered.map(\.from) == [from])
        #expect(record.covered.map(\.to) == [first])
    }
}
