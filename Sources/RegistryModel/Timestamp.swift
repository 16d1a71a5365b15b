/// A moment in whole milliseconds since 1970, UTC: the ledger's only notion of time.
package struct Timestamp: Sendable, Hashable, Comparable, Codable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package init(seconds: Double) {
        milliseconds = Int64((seconds * 1_000).rounded(.down))
    }

    /// The hour that holds this moment, counted from 1970.
    package var hour: Int64 { Self.floor(milliseconds, 3_600_000) }

    /// The day that holds this moment, counted from 1970.
    package var day: Int64 { Self.floor(milliseconds, 86_400_000) }

    /// The first moment of this moment's hour.
    package var startOfHour: Timestamp { Timestamp(milliseconds: hour * 3_600_000) }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    package static func + (moment: Timestamp, span: Span) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds + span.milliseconds)
    }

    package static func - (moment: Timestamp, span: Span) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds - span.milliseconds)
    }

    package static func - (later: Timestamp, earlier: Timestamp) -> Span {
        Span(milliseconds: later.milliseconds - earlier.milliseconds)
    }

    private static func floor(_ value: Int64, _ unit: Int64) -> Int64 {
        let quotient = value / unit
        return value % unit < 0 ? quotient - 1 : quotient
    }
}
