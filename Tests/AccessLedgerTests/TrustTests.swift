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
        _ readings: [(
            from: Timestamp?, until: Timestamp?, writtenAt: Timestamp?, readAt: Timestamp
        )]
    ) async throws -> [ClosedRange<Timestamp>?] {
        let fixture = try await LedgerFixture()
        var words: [ClosedRange<Timestamp>?] = []
        for reading in readings {
            try await fixture.ledger.trust(
                fixture.registry,
                from: reading.from,
                until: reading.until,
                writtenAt: reading.writtenAt,
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

    // A container without a volume: each start has a new ledger, and the file of the first.
    @Test func aNewLedgerTrustsNoLaterThanTheSettingsWereWritten() async throws {
        let later = start + .days(3)
        #expect(try await words([(from, nil, start, later)]) == [from...start])
        // Who writes them and starts at once leaves no gap.
        let soon = start + .minutes(10)
        #expect(try await words([(from, nil, start, soon)]) == [from...soon])
        // Images whose files are all of 1970.
        #expect(try await words([(from, nil, .init(milliseconds: 0), later)]) == [nil])
        // A file of tomorrow: some clock is wrong.
        #expect(try await words([(from, nil, later, start)]) == [from...start])
    }

    @Test func aNamedEndHoldsInEveryLedger() async throws {
        let end = start - .days(2)
        let word = from...end
        #expect(try await words([(from, end, .init(milliseconds: 0), start)]) == [word])
        #expect(try await words([(from, end, start, start + .days(9))]) == [word])
        // One that was added, or set to another day, is a new word; one that is gone extends nothing.
        let later = start + .days(1)
        #expect(
            try await words([
                (from, nil, start, start), (from, end, later, later),
                (from, end + .days(1), later, later), (from, nil, later, later),
            ]) == [from...start, word, from...end + .days(1), from...end + .days(1)]
        )
    }

    // The future cannot be known: what is ahead ends when the word is given.
    @Test func anEndThatLiesAheadIsNone() async throws {
        let end = start + .days(5)
        #expect(
            try await words([
                (from, end, start, start), (from, end, start, start + .days(9)),
            ]) == [from...start, from...start]
        )
        #expect(try await words([(from, end, start, start + .days(3))]) == [from...start])
    }

    // A command with other settings on the same ledger reads no word in them.
    @Test func aWordThatIsGivenAgainCoversWhatItDid() async throws {
        let later = start + .days(3)
        #expect(
            try await words([
                (from, nil, start, start), (nil, nil, later, later), (from, nil, later, later),
                (from - .days(1), nil, later, later),
            ]) == [from...start, nil, from...start, from - .days(1)...later]
        )
    }
}
