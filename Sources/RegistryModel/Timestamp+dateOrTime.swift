extension Timestamp {
    /// Parses `2026-01-31`, the first moment of that day in UTC, or a date and time of RFC 3339,
    /// section 5.6; digits below the millisecond are dropped.
    package init?(dateOrTime text: String) {
        guard let parts = text.wholeMatch(of: Self.pattern)?.output,
            let year = Int64(parts.1), let month = Int64(parts.2), let day = Int64(parts.3),
            (1...12).contains(month), (1...Self.days(of: month, in: year)).contains(day)
        else { return nil }
        let hour = Self.number(parts.4)
        let minute = Self.number(parts.5)
        let second = Self.number(parts.6)
        let zone = (hours: Self.number(parts.9), minutes: Self.number(parts.10))
        guard hour < 24, minute < 60, second < 60, zone.hours < 24, zone.minutes < 60 else {
            return nil
        }
        let fraction = Self.number(((parts.7 ?? "") + "000").prefix(3))
        let offset = (zone.hours * 60 + zone.minutes) * (parts.8 == "-" ? -60 : 60)
        let clock = hour * 3_600 + minute * 60 + second - offset
        let days = Self.daysSince1970(year: year, month: month, day: day)
        self.init(milliseconds: (days * 86_400 + clock) * 1_000 + fraction)
    }

    // Year, month, day; hour, minute, second, fraction; sign, hours and minutes of the zone.
    private static var pattern:
        Regex<
            (
                Substring, Substring, Substring, Substring, Substring?, Substring?, Substring?,
                Substring?, Substring?, Substring?, Substring?
            )
        >
    {
        /([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(?:[Zz]|([+\-])([0-9]{2}):([0-9]{2})))?/
    }

    private static func number(_ text: Substring?) -> Int64 { text.flatMap { Int64($0) } ?? 0 }

    private static func days(of month: Int64, in year: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return switch month {
        case 2: isLeap ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Counts days with years that begin in March, so that the leap day is the last of its year.
    private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let monthFromMarch = (month + 9) % 12
        let era = shifted / 400
        let yearOfEra = shifted % 400
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
    }
}
