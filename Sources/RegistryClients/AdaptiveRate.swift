import RegistryModel

/// How many requests a second a registry is given: more while all is well, less when it refuses.
///
/// Quick growth until the first refusal; after it, what the registry really took since the refusal
/// before is the best guess at what it permits, and growth is slow. A pure value: time is an
/// argument.
struct AdaptiveRate: Sendable {
    /// Requests a second.
    private(set) var value: Double
    private var hasFallen = false
    /// Since when accepted requests are counted.
    private var since: Timestamp
    private var accepted = 0
    /// What the registry's own figures permit, and until when they say so.
    private var told: (rate: Double, until: Timestamp)?
    /// The next free moment, in seconds since 1970: turns are finer than milliseconds.
    private var nextTurn = 0.0

    init(startingAt rate: Double, now: Timestamp) {
        value = rate
        since = now
    }

    /// Takes the next turn; returns how long to wait for it.
    mutating func takeTurn(at now: Timestamp) -> Span {
        let time = Double(now.milliseconds) / 1_000
        // What was not used of the last moments may be made up for at once, but no more.
        let turn = max(nextTurn, time - Self.catchUp)
        nextTurn = turn + 1 / current(at: now)
        return Span(milliseconds: Int64((max(0, turn - time) * 1_000).rounded(.up)))
    }

    /// Notes an answer that was no refusal.
    mutating func accepted(at now: Timestamp) {
        accepted += 1
        // A share of every accepted request: full use lets the rate grow by the second.
        value = min(Self.highest, value + (hasFallen ? Self.slowly : Self.quickly))
    }

    /// Notes a refusal of a request that was sent at `sent`; one fall for all that were under way.
    mutating func refused(sent: Timestamp, at now: Timestamp) {
        guard sent >= since || !hasFallen else { return }
        let elapsed = Double((now - since).milliseconds) / 1_000
        var next = value * Self.fall
        // The time from one refusal to the next, the wait included, tells what is really permitted.
        if hasFallen, elapsed >= Self.shortestMeasure {
            next = max(next, min(value * Self.smallFall, Double(accepted) / elapsed * Self.care))
        }
        value = max(Self.lowest, next)
        hasFallen = true
        since = now
        accepted = 0
        nextTurn = 0
    }

    /// Takes over what an answer says: `remaining` requests until `reset`, of `limit`.
    mutating func told(_ remaining: Int, of limit: Int, until reset: Timestamp, now: Timestamp) {
        let seconds = Double((reset - now).milliseconds) / 1_000
        guard seconds > 0, seconds <= Self.longestWindow, limit > 0, remaining * 2 < limit else {
            told = nil
            return
        }
        told = (max(Self.lowest, Double(max(remaining, 1)) / seconds), reset)
    }

    private func current(at now: Timestamp) -> Double {
        guard let told, told.until > now else { return value }
        return min(value, told.rate)
    }

    /// Many times as much in a second of full use.
    private static let quickly = 2.8
    /// One percent in a second of full use.
    private static let slowly = 0.01
    private static let fall = 0.7
    private static let smallFall = 0.9
    /// A little below what was taken, so that the next refusal is far away.
    private static let care = 0.97
    /// A request in five seconds always goes through, to see whether things are better.
    private static let lowest = 0.2
    private static let highest = 5_000.0
    private static let catchUp = 0.02
    /// Seconds below which a count says nothing.
    private static let shortestMeasure = 0.5
    /// Windows of more than an hour are no pace, but a quota.
    private static let longestWindow = 3_600.0
}
