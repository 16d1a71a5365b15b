import Cleanup
import Foundation
import RegistryModel
import Testing

/// The forms of `until` that Docker documents.
struct EngineUntilTests {
    private func until(_ text: String, _ zone: String = "GMT") throws -> EngineFilters.Until? {
        var filters = EngineFilters()
        let clocks = LocalClock(try #require(TimeZone(identifier: zone)))
        try filters.add("until", text, on: clocks)
        return filters.until
    }

    @Test(arguments: [
        ("10m", 600_000), ("1h30m", 5_400_000), ("1.5h", 5_400_000), ("300ms", 300),
        ("30m1h", 5_400_000), ("1h1h", 7_200_000), (".5s", 500), ("2.s", 2_000), ("+1h", 3_600_000),
        ("1ns", 1), ("1000us", 1), ("1001\u{B5}s", 2), ("0.1h", 360_000), ("0s", 0),
        ("1h15m30.918273645s", 4_530_919), ("7d", 604_800_000),
    ])
    func durationsCountBack(text: String, milliseconds: Int64) throws {
        #expect(try until(text) == .ago(Span(milliseconds: milliseconds)))
    }

    // 2006-01-02 is a day of winter in Berlin, an hour ahead of UTC.
    @Test(arguments: [
        ("2006-01-02T15:04:05Z", 1_136_214_245_000), ("2006-01-02T15:04:05z", 1_136_214_245_000),
        ("2006-01-02T15:04:05+07:00", 1_136_189_045_000),
        ("2006-01-02T15:04:05-07:00", 1_136_239_445_000),
        ("2006-01-02T15:04:05.999999999Z", 1_136_214_245_999),
        ("2006-01-02T15:04:05", 1_136_210_645_000),
        ("2006-01-02T15:04:05.999999999", 1_136_210_645_999),
        ("2006-01-02T15:04", 1_136_210_640_000), ("2006-01-02T15:04Z", 1_136_214_240_000),
        ("2006-01-02T07:00", 1_136_181_600_000), ("2006-01-02T15", 1_136_210_400_000),
        ("2006-01-02Z", 1_136_160_000_000), ("2006-01-02+07:00", 1_136_134_800_000),
        ("2006-01-02-07:00", 1_136_185_200_000), ("2006-01-02", 1_136_156_400_000),
        ("2006-07-02", 1_151_791_200_000),
        ("1136073600", 1_136_073_600_000), ("1136073600.5", 1_136_073_600_500),
        ("1136073600.000000001", 1_136_073_600_000), ("0", 0), ("1.5", 1_500),
    ])
    func momentsAreOfTheirZoneElseOfTheLocalOne(text: String, milliseconds: Int64) throws {
        let moment = Timestamp(milliseconds: milliseconds)
        #expect(try until(text, "Europe/Berlin") == .moment(moment))
    }

    // At 02:30 on 2026-10-25 clocks in Berlin have been there before; on 2026-03-29 they skip it.
    @Test func whereClocksChangeTheEarlierMomentHolds() throws {
        let twice = Timestamp(milliseconds: 1_792_888_200_000)
        #expect(try until("2026-10-25T02:30", "Europe/Berlin") == .moment(twice))
        let never = Timestamp(milliseconds: 1_774_744_200_000)
        #expect(try until("2026-03-29T02:30", "Europe/Berlin") == .moment(never))
    }

    @Test(arguments: [
        "", "h", "-1h", "-5", "1h-1m", "1 h", "1.2.3h", ".h", "1y", "1H", "yesterday",
        "99999999999999h", "9999999999999999999h", "2006-13-02", "2006-02-30", "2006-01-02T24:00",
        "2006-01-02T15:04:60Z", "2006-01-02T", "2006-01-02T15:04.5", "2006-01-02T15:04:05+7",
        "1136073600.", "1136073600.1234567890", ".5", "1e9", "\u{0661}h", "2006-01-02 Z",
    ])
    func whatIsNoTimeIsRefused(text: String) throws {
        #expect(throws: EngineFilterError.self) { try until(text) }
    }
}
