import AccessLedger
import Foundation
import RegistryModel
import TestSupport
import Testing

/// The operator's word never covers what came after it was given.
struct TrustTests {
    private let start = Timestamp(milliseconds: 1_772_600_767_000)
    private var from: Timestamp { start - .days(20) }

    /// What counts when the settings are read, one reading after the other, by one ledger.
    private func words(
        _ readings: [(from: Timestamp?, until: Timestamp?, readAt: Timestamp)]
    ) async throws -> [ClosedRange<Timestamp>?] {
        let fixture = try await LedgerFixture()
        var words: [ClosedRange<Timestamp>?] = []
        for reading in readings {
            try await fixture.ledger.trust(
                fixture.registry,
                from: reading.from,
                until: reading.until,
                readAt: reading.readAt
            )
            let record = try await fixture.ledger.coverage(
                of: fixture.registry,
                since: .init(milliseconds: 0)
            )
            words.append(record.covered.first.flatMap { word in word.to.map { word.from...$0 } })
        }
        return words
    }

    // A container without a volume: each start has a new ledger.
    @Test func aWordWithoutAnEndHoldsUntilALedgerFirstReadsIt() async throws {
        let later = start + .days(3)
        #expect(
            try await words([(from, nil, start), (from, nil, later)]) == [
                from...start, from...start,
            ]
        )
        #expect(try await words([(from, nil, later)]) == [from...later])
    }

    @Test func aNamedEndHoldsInEveryLedger() async throws {
        let end = start - .days(2)
        let word = from...end
        #expect(try await words([(from, end, start)]) == [word])
        #expect(try await words([(from, end, start + .days(9))]) == [word])
        // One that was added, or set to another day, is a new word; one that is gone extends nothing.
        let later = start + .days(1)
        #expect(
            try await words([
                (from, nil, start), (from, end, later),
                (from, end + .days(1), later), (from, nil, later),
            ]) == [from...start, word, from...end + .days(1), from...end + .days(1)]
        )
    }

    // The future cannot be known: what is ahead ends when the word is given.
    @Test func anEndThatLiesAheadIsNone() async throws {
        let end = start + .days(5)
        #expect(
            try await words([
                (from, end, start), (from, end, start + .days(9)),
            ]) == [from...start, from...start]
        )
        #expect(try await words([(from, end, start + .days(3))]) == [from...start + .days(3)])
    }

    // A command with other settings on the same ledger reads no word in them.
    @Test func aWordThatIsGivenAgainCoversWhatItDid() async throws {
        let later = start + .days(3)
        #expect(
            try await words([
                (from, nil, start), (nil, nil, later), (from, nil, later),
                (from - .days(1), nil, later),
            ]) == [from...start, nil, from...start, from - .days(1)...later]
        )
    }
}
