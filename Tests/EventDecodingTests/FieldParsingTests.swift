import RegistryModel
import Testing

@testable import EventDecoding

struct FieldParsingTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("1970-01-01t00:00:00z", 0),
        ("1969-12-31T23:59:59.9Z", -100), ("2026-03-04T05:06:07.123456789Z", 1_772_600_767_123),
        ("2026-03-04T05:06:07.1931730Z", 1_772_600_767_193),
        ("2026-03-04T07:06:07+02:00", 1_772_600_767_000),
        ("2026-03-03T23:36:07.50-05:30", 1_772_600_767_500),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000), ("2000-02-29T00:00:00Z", 951_782_400_000),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ("0000-01-01T00:00:00Z", -62_167_219_200_000),
        ("9999-12-31T23:59:59.999999999Z", 253_402_300_799_999),
    ])
    func readsRFC3339(_ text: String, _ milliseconds: Int64) {
        #expect(rfc3339(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026-03-04", "2026-03-04T05:06:07", "2026-03-04 05:06:07Z", "2026-03-04T05:06:07.Z",
        "2026-03-04T05:06:07.1234567890Z", "2026-03-04T05:06:07ZZ", "2026-03-04T05:06:07+0200",
        "2026-03-04T05:06:07+24:00", "2026-03-04T05:06:07+02:60", "2026-03-04T24:00:00Z",
        "2026-03-04T05:60:07Z", "2026-03-04T05:06:61Z", "2026-00-04T05:06:07Z",
        "2026-13-04T05:06:07Z", "2026-04-31T05:06:07Z", "2026-02-29T05:06:07Z",
        "1900-02-29T05:06:07Z", "2026-03-00T05:06:07Z", "+026-03-04T05:06:07Z",
        "2026/03/04T05:06:07Z", "2026-03-04T05:06:07.", "2026-03-04T05:06:07.12",
    ])
    func refusesOtherTimes(_ text: String) {
        #expect(rfc3339(text) == nil)
    }

    /// Against the plain count of days, over more than two whole cycles of the calendar.
    @Test func countsDaysAsTheCalendarDoes() {
        var days: Int64 = -62_167_219_200_000 / 86_400_000
        for year in 0..<900 {
            for month in 1...12 {
                let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
                let length =
                    month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
                for day in 1...length {
                    let civil = CivilTime(
                        year: year,
                        month: month,
                        day: day,
                        hour: 0,
                        minute: 0,
                        second: 0
                    )
                    guard civil.timestamp?.day == days else {
                        Issue.record("\(year)-\(month)-\(day) is not day \(days)")
                        return
                    }
                    days += 1
                }
            }
        }
    }

    @Test(arguments: [
        ("04/Mar/2026:05:06:07 +0000", 1_772_600_767_000),
        ("04/Mar/2026:07:06:07 +0200", 1_772_600_767_000),
        ("03/Mar/2026:23:36:07 -0530", 1_772_600_767_000),
        ("31/Dec/1969:23:59:59 +0000", -1_000),
    ])
    func readsTimesOfAccessLines(_ text: String, _ milliseconds: Int64) {
        #expect(commonLog(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "04/mar/2026:05:06:07 +0000", "4/Mar/2026:05:06:07 +0000", "31/Apr/2026:05:06:07 +0000",
        "04/Mar/2026:05:06:07  0000", "04/Mar/2026:05:06:07 +2400", "04/Mar/2026 05:06:07 +0000",
        "04/Mar/2026:05:06:07 +00000",
    ])
    func refusesOtherTimesOfAccessLines(_ text: String) {
        #expect(commonLog(text) == nil)
    }

    @Test(arguments: [
        ("10.20.30.40:51234", "10.20.30.40"), ("10.20.30.40", "10.20.30.40"),
        ("[::1]:5000", "::1"), ("[fe80::1%eth0]", "fe80::1%eth0"), ("::1", "::1"),
        ("2001:db8::7", "2001:db8::7"), ("10.0.0.1, 10.0.0.2:80", "10.0.0.1"),
        (" 10.0.0.1 ,", "10.0.0.1"), ("node-7:99", "node-7"), ("[::1", "::1"), ("", ""), (":", ""),
        ("[]", ""), (",", ""),
    ])
    func stripsPortsOfAddresses(_ text: String, _ bare: String) {
        let result = Array(text.utf8).withUnsafeBytes {
            String(decoding: ClientAddress.bare($0), as: UTF8.self)
        }
        #expect(result == bare)
    }

    @Test(arguments: [
        (#"containerd"#, "containerd"), (#"\x5C(linux\x5C)"#, #"\(linux\)"#),
        (#"\\(linux\\)"#, #"\(linux\)"#), (#"\"\n\t"#, "\"\n\t"), (#"\xC3\xA9"#, "é"),
        (#"\u00e9\U0001F600"#, "é😀"), (#"\q\"#, #"\q\"#), (#"\x5"#, #"\x5"#),
        (#"\ud800"#, #"\ud800"#),
    ])
    func readsEscapesOfBothServers(_ text: String, _ meant: String) {
        let arena = ByteArena()
        let result = withExtendedLifetime(arena) {
            Array(text.utf8).withUnsafeBytes { Array(arena.plain(line: $0)) }
        }
        #expect(String(decoding: result, as: UTF8.self) == meant)
    }

    private func rfc3339(_ text: String) -> Timestamp? {
        Array(text.utf8).withUnsafeBytes { Timestamp(rfc3339: $0) }
    }

    private func commonLog(_ text: String) -> Timestamp? {
        Array(text.utf8).withUnsafeBytes { Timestamp(commonLog: $0) }
    }
}
