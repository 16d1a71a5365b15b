extension EventMoment {
    /// Reads seconds since 1970 with up to nine decimals.
    init?(seconds text: some StringProtocol) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = Self.digits(parts[0]) else { return nil }
        guard parts.count == 2 else {
            self.init(seconds: whole, fraction: 0)
            return
        }
        guard let fraction = Self.fraction(parts[1]) else { return nil }
        self.init(seconds: whole, fraction: fraction)
    }

    /// Reads a time as RFC 3339, section 5.6, writes it: `2026-03-04T05:06:07.5+01:00`.
    init?(rfc3339 text: some StringProtocol) {
        let characters = Array(text.utf8)
        guard characters.count >= 20 else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            Self.digits(String(decoding: characters[range], as: UTF8.self))
        }
        let separators = [4, 7, 10, 13, 16].map { UnicodeScalar(characters[$0]) }
        guard [["-", "-", "T", ":", ":"], ["-", "-", "t", ":", ":"]].contains(separators),
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            let days = Self.days(year, month, day), hour < 24, minute < 60, second <= 60
        else { return nil }
        var rest = Substring(decoding: characters[19...], as: UTF8.self)
        var fraction: Int64 = 0
        if rest.first == "." {
            let decimals = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
            guard let value = Self.fraction(decimals) else { return nil }
            fraction = value
            rest = rest.dropFirst(1 + decimals.count)
        }
        guard let offset = Self.offset(rest) else { return nil }
        let time = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
        self.init(seconds: time, fraction: fraction)
    }

    private init?(seconds: Int64, fraction: Int64) {
        let (product, overflowed) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowedToo) = product.addingReportingOverflow(fraction)
        guard !overflowed, !overflowedToo else { return nil }
        self.init(nanoseconds: sum)
    }

    /// Reads what Go's `time.ParseDuration` reads, in nanoseconds.
    static func goDuration(_ text: some StringProtocol) -> Int64? {
        let isNegative = text.first == "-"
        var rest = Substring(text)
        if isNegative || rest.first == "+" { rest.removeFirst() }
        guard !rest.isEmpty else { return nil }
        var total: Int64 = 0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { !$0.isNumber && $0 != "." }
            rest = rest.dropFirst(unit.count)
            guard let size = units[String(unit)], let part = product(number, size) else {
                return nil
            }
            let (sum, overflowed) = total.addingReportingOverflow(part)
            guard !overflowed else { return nil }
            total = sum
        }
        return isNegative ? -total : total
    }

    private static func product(_ number: Substring, _ unit: Int64) -> Int64? {
        let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard number.contains(where: \.isNumber),
            let whole = parts[0].isEmpty ? 0 : digits(parts[0])
        else { return nil }
        let (product, overflowed) = whole.multipliedReportingOverflow(by: unit)
        guard !overflowed, parts.count == 2, !parts[1].isEmpty else {
            return overflowed ? nil : product
        }
        guard digits(parts[1].prefix(18)) != nil, let share = Double("0.\(parts[1])") else {
            return nil
        }
        let (sum, overflowedToo) = product.addingReportingOverflow(Int64(share * Double(unit)))
        return overflowedToo ? nil : sum
    }

    private static let units: [String: Int64] = [
        "ns": 1, "us": 1_000, "\u{B5}s": 1_000, "\u{3BC}s": 1_000, "ms": 1_000_000,
        "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000,
    ]

    /// Seconds east of Greenwich: `Z`, `+01:00`.
    private static func offset(_ text: Substring) -> Int64? {
        if text == "Z" || text == "z" { return 0 }
        let parts = text.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.count == 2 }),
            let hours = digits(parts[0]), let minutes = digits(parts[1]), hours < 24, minutes < 60
        else { return nil }
        switch text.first {
        case "+": return hours * 3_600 + minutes * 60
        case "-": return -(hours * 3_600 + minutes * 60)
        default: return nil
        }
    }

    /// Nanoseconds of one to nine decimals.
    private static func fraction(_ decimals: some StringProtocol) -> Int64? {
        guard decimals.count <= 9, let value = digits(decimals) else { return nil }
        return (decimals.count..<9).reduce(value) { product, _ in product * 10 }
    }

    /// A whole number of ASCII digits, without a sign.
    private static func digits(_ text: some StringProtocol) -> Int64? {
        guard !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        return Int64(text)
    }

    /// Days since 1970 of a date that exists, in the Gregorian calendar.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64? {
        let isLeap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0
        let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...12).contains(month), (1...lengths[Int(month) - 1]).contains(day), year > 0 else {
            return nil
        }
        let before = year - 1
        let years = before * 365 + before / 4 - before / 100 + before / 400 - 719_162
        return years + lengths[..<(Int(month) - 1)].reduce(0, +) + day - 1
    }
}
