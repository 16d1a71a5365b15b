import Foundation
package import RegistryModel

/// The field `Retry-After`: seconds, or a date (RFC 9110, section 10.2.3).
package enum RetryAfter {
    /// Parses the field, counting a date from `now`; nil where it is missing or makes no sense.
    package static func span(_ field: String?, now: Timestamp) -> Span? {
        guard let field else { return nil }
        if let seconds = Int64(field) {
            guard seconds >= 0 else { return nil }
            return .seconds(min(seconds, 1_000_000_000))
        }
        guard let date = date(field) else { return nil }
        return max(.zero, Timestamp(seconds: date.timeIntervalSince1970) - now)
    }

    /// The one form of a date that senders may make: `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func date(_ text: String) -> Date? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT" || parts[5] == "UTC" else { return nil }
        let clock = parts[4].split(separator: ":").compactMap { Int($0) }
        guard let month = months.firstIndex(of: String(parts[2])), clock.count == 3 else {
            return nil
        }
        var components = DateComponents()
        components.year = Int(parts[3])
        components.month = month + 1
        components.day = Int(parts[1])
        components.hour = clock[0]
        components.minute = clock[1]
        components.second = clock[2]
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar.date(from: components)
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
