import CurlTransport
import Foundation
package import RegistryModel

/// How long an answer wants us to wait.
///
/// `Retry-After` is in seconds, or a date (RFC 9110, section 10.2.3); Docker Hub's `X-Retry-After`
/// is a moment in unix seconds.
package enum RetryAfter {
    /// The longest that an answer's fields ask for; nil where none makes sense.
    static func span(_ headers: HTTPHeaders, now: Timestamp) -> Span? {
        ["Retry-After", "X-Retry-After"].compactMap { span(headers[$0], now: now) }.max()
    }

    /// Parses one field, counting a moment from `now`; nil where it is missing or makes no sense.
    package static func span(_ field: String?, now: Timestamp) -> Span? {
        guard let field else { return nil }
        if let number = Int64(field) {
            guard number >= 0 else { return nil }
            guard isMoment(number) else { return .seconds(number) }
            let moment = Timestamp(milliseconds: min(number, farFuture) * 1_000)
            return max(.zero, moment - now)
        }
        guard let date = date(field) else { return nil }
        return max(.zero, Timestamp(seconds: date.timeIntervalSince1970) - now)
    }

    /// Whether a number of seconds is a moment since 1970 rather than a length of time.
    static func isMoment(_ seconds: Int64) -> Bool { seconds >= 1_000_000_000 }

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

    /// The year 9999: what is later is a mistake.
    private static let farFuture: Int64 = 253_402_300_799

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
