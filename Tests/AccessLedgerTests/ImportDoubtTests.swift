import AccessLedger
import RegistryModel
import Testing

/// What an import did not understand stays in doubt, log by log (design, section 5.2).
struct ImportDoubtTests {
    private let fixture: LedgerFixture
    private let hour: Timestamp

    init() async throws {
        fixture = try await LedgerFixture()
        hour = (fixture.now - .days(3)).startOfHour
    }

    private func covered() async throws -> [ClosedRange<Timestamp>] {
        let record = try await fixture.ledger.coverage(
            of: fixture.registry,
            since: Timestamp(milliseconds: 0)
        )
        return record.covered.compactMap { stretch in stretch.to.map { stretch.from...$0 } }
    }

    /// A piece of a log with a pull at each of these minutes.
    private func piece(_ minutes: [Int64]) -> [Access] {
        minutes.map { fixture.logged(.pull, "a", at: hour + .minutes($0), key: UInt64($0)) }
    }

    private var day: ClosedRange<Timestamp> { hour - .hours(2)...hour + .hours(6) }

    private func importing(
        _ pieces: [(minutes: [Int64], doubts: ImportedDoubts)],
        vouched: ClosedRange<Timestamp>? = nil
    ) throws -> LedgerImport {
        let importing = LedgerImport(fixture.ledger, registry: fixture.registry, now: fixture.now)
        let clock = try importing.clock(history: .days(30))
        importing.begin(NotedLog(place: "/logs/a"), after: nil)
        for (minutes, doubts) in pieces {
            var chunk = ImportedChunk(
                AccessTable(piece(minutes)),
                DecodedBody(),
                clock: clock,
                ignoring: AccessIgnoreList()
            )
            chunk.doubts = doubts
            importing.add(chunk)
            try importing.store(nil, holdingLast: true)
        }
        try importing.store(nil)
        try importing.finish(vouched: vouched)
        return importing
    }

    private func doubts(
        starts: Bool = false,
        ends: Bool = false,
        _ minutes: (Int64, Int64)? = nil
    ) -> ImportedDoubts {
        var doubts = ImportedDoubts()
        if let (from, to) = minutes {
            doubts.add(from: hour + .minutes(from), to: hour + .minutes(to))
        }
        doubts.startsInDoubt = starts
        doubts.endsInDoubt = ends
        return doubts
    }

    // Whoever vouches for it, and however often; a killed import has stored them, too.
    @Test func noLaterImportCoversThem() async throws {
        let expected = [
            day.lowerBound...hour + .hours(1), hour + .hours(2)...day.upperBound,
        ]
        let first = try importing(
            [(minutes: [0, 60, 120], doubts: doubts((61, 62)))],
            vouched: day
        )
        #expect(first.covered == expected)
        for _ in 0..<2 {
            let again = try importing([(minutes: [0, 60, 119], doubts: doubts())], vouched: day)
            #expect(again.covered == expected)
            #expect(again.doubts.map(\.place) == ["/logs/a"])
            #expect(try await covered() == expected)
        }
    }

    // Then what was vouched for before is covered, too.
    @Test func theyEndWhenTheLogIsReadAgain() async throws {
        _ = try importing([(minutes: [0, 60, 120], doubts: doubts((61, 62)))], vouched: day)
        let again = LedgerImport(fixture.ledger, registry: fixture.registry, now: fixture.now)
        let logs = try again.doubtfulLogs()
        #expect(logs.map(\.place) == ["/logs/a"])
        again.settle(logs)
        try again.finish()
        #expect(again.doubts == [])
        #expect(try await covered() == [day])
        #expect(try again.doubtfulLogs() == [])
    }

    @Test func theyAreRolledOffWithTheHistory() async throws {
        _ = try importing([(minutes: [0, 60, 120], doubts: doubts((61, 62)))], vouched: day)
        let later = fixture.now + .days(9)
        _ = try await fixture.ledger.rollOff(history: .days(7), now: later)
        let importing = LedgerImport(fixture.ledger, registry: fixture.registry, now: later)
        #expect(try importing.doubtfulLogs() == [])
    }

    // Nobody knows how much older than the first line it is.
    @Test func beforeTheFirstLineIsAnyTimeBefore() throws {
        let importing = try importing(
            [(minutes: [], doubts: doubts(starts: true, ends: true)), ([70, 130], doubts())],
            vouched: day
        )
        #expect(importing.covered == [hour + .hours(2)...day.upperBound])
        #expect(importing.doubts.first?.start == nil)
    }

    @Test func behindTheLastLineIsAnyTimeSince() throws {
        let importing = try importing(
            [([0, 70], doubts()), ([], doubts(starts: true, ends: true))],
            vouched: day
        )
        #expect(importing.covered == [day.lowerBound...hour + .hours(1)])
    }

    @Test func betweenTwoPiecesIsBetweenTheirLines() throws {
        let importing = try importing(
            [([0, 70], doubts(ends: true)), ([], doubts(starts: true)), ([130, 200], doubts())],
            vouched: day
        )
        #expect(
            importing.covered == [
                day.lowerBound...hour + .hours(1), hour + .hours(3)...day.upperBound,
            ]
        )
    }

    // Two logs in one: it is of the end of the first, or of the beginning of the second.
    @Test func betweenLinesOutOfOrderIsAnyTime() async throws {
        let importing = try importing(
            [([100, 200], doubts(ends: true)), ([30, 90], doubts())],
            vouched: day
        )
        #expect(importing.covered == [])
        #expect(try await covered() == [])
    }
}
