package import RegistryModel

/// How long to wait between attempts.
package enum WebhookPause {
    /// The pause after `attempts` that failed in a row.
    ///
    /// - Parameters:
    ///   - attempts: 1 after the first.
    ///   - longest: What doubling ends at.
    ///   - chance: From 0 to 1; the pause is between half and the whole.
    ///   - least: What the receiver asked for.
    /// - Returns: A span of which some part is left to chance, so that many senders do not come back
    ///   at once.
    package static func span(
        after attempts: Int,
        longest: Span,
        chance: Double,
        atLeast least: Span?
    ) -> Span {
        let doubled = first.milliseconds << min(max(attempts - 1, 0), 20)
        let whole = min(doubled, longest.milliseconds)
        let part = whole / 2 + Int64(Double(whole / 2) * min(max(chance, 0), 1))
        return max(Span(milliseconds: part), least ?? .zero)
    }

    private static let first = Span.seconds(1)
    /// For a receiver that takes nothing: it is found again within minutes.
    package static let longestForAll = Span.minutes(5)
    /// For an event that a receiver refuses: that will hardly change.
    package static let longestForOne = Span.hours(1)
}
