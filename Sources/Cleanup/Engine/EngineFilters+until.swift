import RegistryModel

// The forms of `until` that Docker documents: durations of Go (`time.ParseDuration`), dates and
// times of RFC 3339 and parts of them, and seconds since 1970 with or without a fraction
// (https://docs.docker.com/reference/cli/docker/system/prune/#filter).
extension EngineFilters.Until {
    /// Parses `text`; nil where it is none of the forms.
    ///
    /// What lies between two milliseconds counts as the earlier moment, which keeps more.
    ///
    /// - Parameters:
    ///   - text: A duration also has the units `d` and `w`, which Docker's has not.
    ///   - clocks: Those that a date or time without a zone is read from.
    init?(_ text: String, on clocks: LocalClock) {
        if let moment = Self.unixTime(text) {
            self = .moment(moment)
        } else if let span = Span(text) ?? Self.duration(text) {
            self = .ago(span)
        } else if let moment = Self.dateOrTime(text, on: clocks) {
            self = .moment(moment)
        } else {
            return nil
        }
    }

    /// Parses `SECONDS[.FRACTION]`, with at most nine digits of a fraction.
    private static func unixTime(_ text: String) -> Timestamp? {
        guard let parts = text.wholeMatch(of: /([0-9]{1,12})(?:\.([0-9]{1,9}))?/)?.output,
            let seconds = Int64(parts.1)
        else { return nil }
        let fraction = Int64((String(parts.2 ?? "") + "000").prefix(3)) ?? 0
        return Timestamp(milliseconds: seconds * 1_000 + fraction)
    }

    // MARK: Durations

    /// Parses a duration of Go, such as `1.5h` or `1h30m`; one that looks ahead is none.
    private static func duration(_ text: String) -> Span? {
        var rest = Substring(text)
        if rest.hasPrefix("+") { rest = rest.dropFirst() }
        guard !rest.isEmpty else { return nil }
        var sum: Int64 = 0
        while !rest.isEmpty {
            guard let part = rest.prefixMatch(of: /([0-9]*)(?:\.([0-9]*))?([^0-9.]+)/)?.output,
                let nanoseconds = nanoseconds(part.1, part.2 ?? "", String(part.3))
            else { return nil }
            let (total, overflowed) = sum.addingReportingOverflow(nanoseconds)
            guard !overflowed else { return nil }
            sum = total
            rest = rest[part.0.endIndex...]
        }
        return Span(milliseconds: sum / 1_000_000 + (sum % 1_000_000 > 0 ? 1 : 0))
    }

    /// A number and its unit; nil where there is no digit, no such unit, or too much of it.
    private static func nanoseconds(
        _ whole: Substring,
        _ fraction: Substring,
        _ unit: String
    ) -> Int64? {
        guard let size = units[unit], !(whole.isEmpty && fraction.isEmpty),
            let count = whole.isEmpty ? 0 : Int64(whole)
        else { return nil }
        let (product, overflowed) = count.multipliedReportingOverflow(by: size)
        let share = fraction.isEmpty ? 0 : Double("0.\(fraction)") ?? 0
        let (sum, overflowedToo) = product.addingReportingOverflow(
            Int64((share * Double(size)).rounded())
        )
        return overflowed || overflowedToo ? nil : sum
    }

    // Both signs for micro, U+00B5 and U+03BC, are permitted.
    private static let units: [String: Int64] = [
        "ns": 1, "us": 1_000, "\u{B5}s": 1_000, "\u{3BC}s": 1_000, "ms": 1_000_000,
        "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000,
    ]

    // MARK: Dates

    /// Parses a date, with or without a time down to the hour, minute, second or its fraction, and
    /// with or without a zone.
    private static func dateOrTime(_ text: String, on clocks: LocalClock) -> Timestamp? {
        guard let parts = text.wholeMatch(of: form)?.output else { return nil }
        let clock = "\(parts.2 ?? "00"):\(parts.3 ?? "00"):\(parts.4 ?? "00")\(parts.5 ?? "")"
        let named = parts.6.map(String.init)
        guard let moment = Timestamp(dateOrTime: "\(parts.1)T\(clock)\(named ?? "Z")") else {
            return nil
        }
        return named == nil ? clocks.moment(showing: moment) : moment
    }

    // Date; hour, minute, second, its fraction; zone.
    private static var form:
        Regex<
            (
                Substring, Substring, Substring?, Substring?, Substring?, Substring?, Substring?
            )
        >
    {
        /([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt ]([0-9]{2})(?::([0-9]{2})(?::([0-9]{2})(\.[0-9]+)?)?)?)?([Zz]|[+\-][0-9]{2}:[0-9]{2})?/
    }
}
