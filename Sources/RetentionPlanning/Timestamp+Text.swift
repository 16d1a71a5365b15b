import RegistryModel

extension Timestamp {
    /// The moment as ISO 8601 in UTC with whole seconds, `2026-01-31T08:00:00Z`.
    package var text: String {
        let date = Self.civil(day: day)
        let second = (milliseconds - day * 86_400_000) / 1_000
        let clock = [second / 3_600, second / 60 % 60, second % 60].map { Self.padded($0, 2) }
        return "\(Self.padded(date.year, 4))-\(Self.padded(date.month, 2))"
            + "-\(Self.padded(date.day, 2))T\(clock.joined(separator: ":"))Z"
    }

    /// The date of a day counted from 1970.
    ///
    /// Years are counted from March here, so that the leap day is the last of its year, and within
    /// eras of 400 years, which are all alike.
    private static func civil(day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
