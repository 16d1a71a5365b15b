import AccessLedger
import Foundation
import RegistryModel
import TestSupport
import Testing

/// Each process and each log may have a clock of its own, and a probe tells that of one of them.
struct ClockTests {
    private let fixture: LedgerFixture
    private var day: Timestamp { (fixture.now - .days(2)).startOfHour }

    init() async throws { fixture = try await LedgerFixture() }

    /// A probe comes back by a process, or by a log, whose clock is so far ahead.
    private func probe(
        ahead: Span,
        by instance: String? = "a",
        from source: AccessSource = .events
    ) async throws {
        let name = "p\(UInt64.random(in: 0 ... .max))"
        try await fixture.ledger.probeSent(
            name,
            to: fixture.registry,
            mediaType: MediaType.ociManifest,
            at: fixture.now
        )
        try await fixture.record(
            [
                fixture.access(
                    .resolve,
                    "a",
                    at: fixture.now + ahead,
                    agent: OwnUserAgent.probe(name),
                    instance: instance
                )
            ],
            from: source
        )
        fixture.now = fixture.now + .minutes(5)
    }

    private func lastAccess(of tag: String) async throws -> Timestamp? {
        try await fixture.tag(tag).lastAccess
    }

    // One of two replicas is two hours ahead, and the other is right: neither is dated by the other's.
    @Test func everyProcessIsReadByItsOwnClock() async throws {
        try await probe(ahead: .hours(2), by: "a")
        let used = fixture.now - .minutes(1)
        try await fixture.record([
            fixture.access(.pull, "a", tag: "byB", at: used, instance: "b"),
            fixture.access(.pull, "a", tag: "byA", at: used + .hours(2), instance: "a"),
        ])
        #expect(try await lastAccess(of: "byB") == used)
        #expect(try await lastAccess(of: "byA") == used)
        try await probe(ahead: .zero, by: "b")
        // What was told of the first still holds, and in another process of ours, too.
        let later = fixture.now - .minutes(1)
        let other = try Ledger(path: fixture.ledger.path)
        defer { try? other.close() }
        try await fixture.record(
            [
                fixture.access(.pull, "a", tag: "byB", at: later, instance: "b"),
                fixture.access(.pull, "a", tag: "byA", at: later + .hours(2), instance: "a"),
            ],
            in: other
        )
        #expect(try await lastAccess(of: "byB") == later)
        #expect(try await lastAccess(of: "byA") == later)
    }

    // Behind ours: until a probe of its own tells, it may as well be right.
    @Test func aProcessThatNoProbeCameBackByMayBeRight() async throws {
        try await probe(ahead: .hours(-2), by: "a")
        let stamp = fixture.now - .hours(3)
        try await fixture.record([
            fixture.access(.pull, "a", tag: "byB", at: stamp, instance: "b"),
            fixture.access(.pull, "a", tag: "byA", at: stamp, instance: "a"),
        ])
        #expect(try await lastAccess(of: "byB") == stamp + .hours(2))
        #expect(try await lastAccess(of: "byA") == stamp + .hours(2))
    }

    // A delete is no later than the earlier reading: what was pushed after it stays.
    @Test func aDeleteTakesNothingThatMayHaveComeAfterIt() async throws {
        try await probe(ahead: .hours(2), by: nil, from: .log)
        let time = fixture.now - .hours(1)
        try await fixture.record([fixture.access(.push, "b", tag: "v1", at: time, instance: "x")])
        try await fixture.record(
            [fixture.access(.delete, tag: "v1", at: time + .minutes(30), instance: nil)],
            from: .log
        )
        #expect(try await lastAccess(of: "v1") == time)
    }

    // MARK: Imports

    /// Imports lines of the minutes of a day, each a pull.
    @discardableResult
    private func importing(
        _ minutes: [Int64],
        _ accessClass: AccessClass = .pull,
        vouched: ClosedRange<Timestamp>? = nil,
        doubts: ImportedDoubts = ImportedDoubts()
    ) throws -> LedgerImport {
        let log = minutes.map { minute in
            fixture.logged(
                accessClass,
                "a",
                at: day + .minutes(minute),
                key: UInt64(minute) + UInt64.random(in: 1...1_000) << 32
            )
        }
        return try fixture.importing([log], vouched: vouched, doubts: doubts)
    }

    @Test(arguments: [Int64(-2), 2])
    func anImportedUseWasAtTheLaterReading(hoursAhead: Int64) async throws {
        try await probe(ahead: .hours(hoursAhead), by: nil, from: .log)
        try importing([30])
        let stamp = day + .minutes(30)
        #expect(try await lastAccess(of: "v1") == max(stamp, stamp - .hours(hoursAhead)))
    }

    @Test(arguments: [Int64(-2), 2])
    func anImportCoversWhatBothReadingsDo(hoursAhead: Int64) async throws {
        try await probe(ahead: .hours(hoursAhead), by: nil, from: .log)
        let all = (0...5).map { Int64($0) * 60 }
        let importing = try importing(all)
        let (first, last) = (day, day + .hours(5))
        #expect(
            importing.covered == [
                max(first, first - .hours(hoursAhead))...min(last, last - .hours(hoursAhead))
            ]
        )
    }

    // Three hours without a line, which the two readings put at different times.
    @Test func aHoleIsOpenByBothReadings() async throws {
        try await probe(ahead: .hours(2), by: nil, from: .log)
        let importing = try importing([0, 60, 120, 180, 420, 480, 540, 600])
        #expect(
            importing.covered == [
                day...day + .hours(2), day + .hours(7)...day + .hours(8),
            ]
        )
    }

    @Test func whatSomebodyVouchesForIsCoveredButForDoubts() async throws {
        try await probe(ahead: .hours(2), by: nil, from: .log)
        var doubts = ImportedDoubts()
        doubts.add(from: day + .minutes(241), to: day + .minutes(242))
        let importing = try importing([240], vouched: day...day + .hours(8), doubts: doubts)
        #expect(
            importing.covered == [day...day + .hours(2), day + .hours(5)...day + .hours(8)]
        )
    }

    // Ahead by more than the log is old: of its stamps that lie in the future only one reading does.
    @Test func aLogOfAClockThatIsAheadCoversAllTheSame() async throws {
        try await probe(ahead: .hours(2), by: nil, from: .log)
        let now = fixture.now
        let log = [Int64(-60), 0, 60].map { minute in
            fixture.logged(.pull, "a", at: now + .minutes(minute), key: UInt64(minute + 100))
        }
        let importing = try fixture.importing([log])
        #expect(importing.refusal == nil)
        #expect(try await lastAccess(of: "v1") == now)
    }

    @Test func oneClockThatIsRightChangesNothing() async throws {
        try await probe(ahead: .seconds(1), by: nil, from: .log)
        let importing = try importing([30, 90])
        #expect(importing.covered == [day + .minutes(30)...day + .minutes(90)])
        #expect(try await lastAccess(of: "v1") == day + .minutes(90))
    }
}
