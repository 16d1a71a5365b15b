package import RegistryModel

/// Whether an engine's events go on where they ended, or some are lost.
///
/// An engine replays at most its last 256 events, and forgets them when it is restarted. It is asked
/// from a little before the last event that was heard: when that, or an earlier one, comes first,
/// none is lost.
package struct EngineContinuity: Sendable {
    package enum Answer: Sendable, Equatable {
        /// Nothing is lost, or nothing was heard before.
        case whole
        /// The engine has begun anew while we looked on.
        case restarted
        /// Nobody knows what happened meanwhile.
        case lost
    }

    /// The last event that was heard, in nanoseconds since 1970.
    package var last: Int64?
    /// How long nobody listened; nil where that is not known.
    package var absence: Span?

    package init(last: Int64?, absence: Span?) {
        self.last = last
        self.absence = absence
    }

    /// Judges by the first event that came, nil for none, and by how many came at once.
    package func judge(first: Int64?, count: Int) -> Answer {
        guard let last else { return .whole }
        if let first, first <= last { return .whole }
        guard count < Self.buffer, let absence, absence <= Self.restart else { return .lost }
        return .restarted
    }

    /// Events that an engine replays (moby, `daemon/events`).
    package static let buffer = 256
    /// As long as an engine takes to come back: nothing is used while it is away.
    private static let restart = Span.seconds(60)
}
