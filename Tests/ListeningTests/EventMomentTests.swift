import Publishing
import RegistryModel
import Testing

struct EventMomentTests {
    private static let now = EventMoment(nanoseconds: 1_772_600_767_000_000_000)

    @Test(arguments: [
        ("0", 0), ("1595679129", 1_595_679_129_000_000_000),
        ("1595679129.268491", 1_595_679_129_268_491_000),
        ("1595679129.000000001", 1_595_679_129_000_000_001), ("0.5", 500_000_000),
        ("1970-01-01T00:00:00Z", 0), ("1970-01-01t01:00:00+01:00", 0),
        ("2026-03-04T05:06:07Z", 1_772_600_767_000_000_000),
        ("2026-03-04T05:06:07.123456789Z", 1_772_600_767_123_456_789),
        ("2026-03-04T04:36:07.5-00:30", 1_772_600_767_500_000_000),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000_000_000),
        ("1969-12-31T23:59:59Z", -1_000_000_000), ("10m", 1_772_600_167_000_000_000),
        ("1h30m", 1_772_595_367_000_000_000), ("1.5h", 1_772_595_367_000_000_000),
        ("0s", 1_772_600_767_000_000_000), ("-10m", 1_772_601_367_000_000_000),
        ("+1s", 1_772_600_766_000_000_000), ("1ms2us3ns", 1_772_600_766_998_997_997),
        (".5s", 1_772_600_766_500_000_000), ("2.s", 1_772_600_765_000_000_000),
    ])
    func readsWhatDockersClientsSend(text: String, nanoseconds: Int64) {
        #expect(EventMoment(text, now: Self.now)?.nanoseconds == nanoseconds)
    }

    @Test(arguments: [
        "", "yesterday", "-1", "1.", "1.1234567890", "1,5", "10 m", "m", "10x", "1h-5m", "--1h",
        ".s", "1..5s", "2026-03-04", "2026-02-30T00:00:00Z", "2025-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-03-04T24:00:00Z", "2026-03-04T05:06:07", "99999999999",
        "2026-03-04T05:06:07.Z", "2026-03-04T05:06:07+1:00", "2026-03-04T05:06:07+24:00",
        "2026/03/04T05:06:07Z", "9999999h", "9223372036854775808ns", "2500-01-01T00:00:00Z",
        "\u{661}0m", "2026-03-04T05:06:07ZZ", "1h9223372036854775807ns",
    ])
    func refusesAllElse(text: String) {
        #expect(EventMoment(text, now: Self.now) == nil)
    }

    @Test func roundsDownOnBothSidesOf1970() {
        #expect(EventMoment(nanoseconds: 1_999_999).timestamp.milliseconds == 1)
        #expect(EventMoment(nanoseconds: -1).timestamp.milliseconds == -1)
        #expect(EventMoment(nanoseconds: -1).seconds == -1)
        #expect(EventMoment(nanoseconds: -1_000_000_000).seconds == -1)
    }
}
