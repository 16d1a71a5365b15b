/// A length of time in whole milliseconds, written `30d`, `24h`, `10m`, `90s`, `1w` or `1h30m`.
package struct Span: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static let zero = Span(milliseconds: 0)
    package static func seconds(_ count: Int64) -> Span { Span(milliseconds: count * 1_000) }
    package static func minutes(_ count: Int64) -> Span { .seconds(count * 60) }
    package static func hours(_ count: Int64) -> Span { .minutes(count * 60) }
    package static func days(_ count: Int64) -> Span { .hours(count * 24) }

    package static func < (left: Span, right: Span) -> Bool {
        left.milliseconds < right.milliseconds
    }

    package static func + (left: Span, right: Span) -> Span {
        Span(milliseconds: left.milliseconds + right.milliseconds)
    }

    package var duration: Duration { .milliseconds(milliseconds) }

    /// Parses a sum of whole numbers with units `w d h m s ms`, largest first, or a bare `0`.
    package init?(_ text: some StringProtocol) {
        if text == "0" {
            self = .zero
            return
        }
        var total: Int64 = 0
        var number: Int64?
        var unit = ""
        var smallest = Int64.max
        func close() -> Bool {
            guard let count = number, let size = Self.units[unit], size < smallest else {
                return false
            }
            let (product, overflowed) = count.multipliedReportingOverflow(by: size)
            let (sum, overflowedToo) = total.addingReportingOverflow(product)
            guard !overflowed, !overflowedToo, sum <= Self.longest else { return false }
            total = sum
            smallest = size
            number = nil
            unit = ""
            return true
        }
        for character in text {
            if let digit = character.wholeNumberValue, character.isASCII {
                if !unit.isEmpty { guard close() else { return nil } }
                guard (number ?? 0) < 1_000_000_000_000 else { return nil }
                number = (number ?? 0) * 10 + Int64(digit)
            } else {
                unit.append(character)
            }
        }
        guard close() else { return nil }
        milliseconds = total
    }

    /// Without what is less than a second, which nobody wants to read in a sentence; less than a
    /// second in all stays as it is.
    package var inWholeSeconds: Span {
        milliseconds.magnitude < 1_000 ? self : .seconds(milliseconds / 1_000)
    }

    package var description: String {
        guard milliseconds != 0 else { return "0s" }
        var rest = milliseconds.magnitude
        var text = milliseconds < 0 ? "-" : ""
        let parts: [(String, UInt64)] = [
            ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
        ]
        for (name, size) in parts where rest >= size {
            text += "\(rest / size)\(name)"
            rest %= size
        }
        return text
    }

    private static let units: [String: Int64] = [
        "w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1,
    ]

    /// A thousand years: longer spans are typing errors, and would overflow in sums.
    private static let longest: Int64 = 31_557_600_000_000
}
