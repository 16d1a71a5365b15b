import RegistryModel
import Testing

struct SpanTests {
    @Test(arguments: [
        ("0", 0), ("90s", 90_000), ("10m", 600_000), ("24h", 86_400_000), ("30d", 2_592_000_000),
        ("1w", 604_800_000), ("1h30m", 5_400_000), ("1w2d3h4m5s6ms", 788_645_006), ("0s", 0),
        ("365250d", 31_557_600_000_000),
    ])
    func readsSumsOfUnits(_ text: String, _ milliseconds: Int64) {
        #expect(Span(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "5", "h", "1.5h", "-5m", "30m1h", "1m1m", "1x", "1H", "1 h", "h1", "1h ", "٣d",
        "365251d", "9999999999999w", "99999999999999999999s",
    ])
    func refusesOtherTexts(_ text: String) {
        #expect(Span(text) == nil)
    }

    @Test(arguments: [0, 1, 999, 1_000, 90_000, 5_400_000, 86_400_000, 788_645_006] as [Int64])
    func readsWhatItWrites(_ milliseconds: Int64) {
        let span = Span(milliseconds: milliseconds)
        #expect(Span(span.description) == span)
    }

    @Test func writesLargestUnitsFirst() {
        #expect(Span(milliseconds: 788_645_006).description == "9d3h4m5s6ms")
        #expect(Span(milliseconds: -61_000).description == "-1m1s")
        #expect(Span(milliseconds: .min).description.hasPrefix("-"))
    }
}

struct ByteCountTests {
    @Test(arguments: [
        ("0", 0), ("512", 512), ("64KB", 64_000), ("64kb", 64_000), ("64KiB", 65_536),
        ("50GB", 50_000_000_000), ("50GiB", 53_687_091_200), ("1.5 GB", 1_500_000_000),
        (".5K", 500),
        ("3T", 3_000_000_000_000), ("0.4", 0),
    ])
    func readsNumbersWithUnits(_ text: String, _ bytes: Int64) {
        #expect(ByteCount(parsing: text)?.bytes == bytes)
    }

    @Test(arguments: [
        "", "GB", "-1", "1.2.3", "1e3", "1XB", "1 GB x", "½", "99999999999PB", "80%", "nan",
    ])
    func refusesOtherTexts(_ text: String) {
        #expect(ByteCount(parsing: text) == nil)
    }

    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"),
        (15_728_640, "15.7 MB"), (-2_500_000, "-2.5 MB"), (Int64.max, "9.2 EB"),
        (Int64.min, "-9.2 EB"),
    ])
    func writesForPeople(_ bytes: Int64, _ text: String) {
        #expect(ByteCount(bytes).description == text)
    }
}

struct TimestampTests {
    /// Before 1970 hours and days still begin before the moments they hold.
    @Test(arguments: [
        (0, 0, 0), (3_599_999, 0, 0), (3_600_000, 1, 0), (86_400_000, 24, 1), (-1, -1, -1),
        (-3_600_000, -1, -1), (-3_600_001, -2, -1), (-86_400_000, -24, -1),
        (1_772_600_767_123, 492_389, 20_516),
    ])
    func liesInItsHourAndDay(_ milliseconds: Int64, _ hour: Int64, _ day: Int64) {
        let moment = Timestamp(milliseconds: milliseconds)
        #expect(moment.hour == hour && moment.day == day)
        #expect(moment.startOfHour.milliseconds == hour * 3_600_000)
        #expect(moment.startOfHour <= moment)
    }

    @Test func cutsOffWhatIsBelowAMillisecond() {
        #expect(Timestamp(seconds: 1.9999).milliseconds == 1_999)
        #expect(Timestamp(seconds: -0.0001).milliseconds == -1)
    }

    @Test func reckonsWithSpans() {
        let moment = Timestamp(milliseconds: 5_000)
        #expect(moment + .seconds(1) - .seconds(6) == Timestamp(milliseconds: 0))
        #expect(moment - Timestamp(milliseconds: 6_000) == Span(milliseconds: -1_000))
    }
}
