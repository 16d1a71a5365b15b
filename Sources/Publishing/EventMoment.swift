package import RegistryModel

/// A moment in nanoseconds since 1970: Docker's clients ask and sort by them.
package struct EventMoment: Sendable, Hashable, Comparable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Reads what Docker's clients send as `since` and `until`.
    ///
    /// That is seconds since 1970 with up to nine decimals, a time of RFC 3339, or how long before
    /// `now` in Go's way of writing: `10m`, `1h30m`, `1.5h`, where a minus means after `now`. A bare
    /// `0` is 1970. Nil for all else, and for what lies before 1678 or after 2261.
    package init?(_ text: some StringProtocol, now: EventMoment) {
        if let moment = Self(seconds: text) ?? Self(rfc3339: text) {
            self = moment
            return
        }
        guard let span = Self.goDuration(text) else { return nil }
        let (moment, overflowed) = now.nanoseconds.subtractingReportingOverflow(span)
        guard !overflowed else { return nil }
        nanoseconds = moment
    }

    package var seconds: Int64 { Self.quotient(nanoseconds, 1_000_000_000) }

    /// The millisecond that holds this moment.
    package var timestamp: Timestamp {
        Timestamp(milliseconds: Self.quotient(nanoseconds, 1_000_000))
    }

    package static func < (left: EventMoment, right: EventMoment) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// How long it is from this moment to `later`; negative when that is earlier.
    package func distance(to later: EventMoment) -> Duration {
        .nanoseconds(later.nanoseconds.subtractingClamping(nanoseconds))
    }

    private static func quotient(_ value: Int64, _ unit: Int64) -> Int64 {
        value / unit - (value % unit < 0 ? 1 : 0)
    }
}

extension Int64 {
    fileprivate func subtractingClamping(_ other: Int64) -> Int64 {
        let (difference, overflowed) = subtractingReportingOverflow(other)
        guard overflowed else { return difference }
        return other < 0 ? .max : .min
    }
}
