import Foundation
package import RegistryModel

/// The speed at which one registry wants to be asked, shared by everything that asks it.
///
/// After a 429 or a `Retry-After`, all requests wait until the moment that the registry named. With
/// a rate, they also keep a distance that shrinks while all is well and grows with each refusal.
package actor Pace {
    private var heldUntil: Timestamp?
    private var rate: AdaptiveRate?
    private let startingRate: Double?
    private let now: @Sendable () -> Timestamp
    private let sleep: @Sendable (Span) async throws -> Void

    /// - Parameters:
    ///   - startingRate: requests a second to begin with; nil keeps no distance.
    ///   - now: the wall clock, also for the lifetime of tokens.
    ///   - sleep: waits, or throws when the task is cancelled.
    package init(
        startingAt startingRate: Double? = nil,
        now: @escaping @Sendable () -> Timestamp = {
            Timestamp(seconds: Date().timeIntervalSince1970)
        },
        sleep: @escaping @Sendable (Span) async throws -> Void = { span in
            try await Task.sleep(for: span.duration)
        }
    ) {
        self.startingRate = startingRate
        self.now = now
        self.sleep = sleep
    }

    nonisolated var time: Timestamp { now() }

    /// Makes everybody wait for `span` from now, or longer where that was asked for before.
    func hold(for span: Span) {
        let end = now() + min(span, Self.longestHold)
        heldUntil = max(heldUntil ?? end, end)
    }

    /// Waits until requests may be sent.
    ///
    /// - Returns: how long the registry let it wait, or nil without waiting when that would take
    ///   more than `limit`.
    /// - Throws: when the task is cancelled.
    func waitForTurn(atMost limit: Span) async throws -> Span? {
        var waited = Span.zero
        while true {
            while let rest = remaining {
                guard waited + rest <= limit else { return nil }
                try await sleep(rest)
                waited = waited + rest
            }
            guard let distance = takeTurn(), distance > .zero else { return waited }
            try await sleep(distance)
            // Somebody may have been refused meanwhile.
            if remaining == nil { return waited }
        }
    }

    private func takeTurn() -> Span? {
        guard let startingRate else { return nil }
        let time = now()
        if rate == nil { rate = AdaptiveRate(startingAt: startingRate, now: time) }
        return rate?.takeTurn(at: time)
    }

    /// Notes that a request was no refusal, and what the registry says of its limits.
    func accepted(_ limit: RateLimit?) {
        let time = now()
        rate?.accepted(at: time)
        guard let limit else { return }
        if limit.remaining <= 0, let reset = limit.reset, reset > time {
            hold(for: min(reset - time, Self.longestAnnouncedHold))
        } else if let reset = limit.reset {
            rate?.told(limit.remaining, of: limit.limit, until: reset, now: time)
        }
    }

    /// Notes that a request of `sent` was refused, so that all the others keep more distance.
    func refused(sent: Timestamp) { rate?.refused(sent: sent, at: now()) }

    /// Sleeps before another attempt of one request; others go on.
    nonisolated func pause(_ span: Span) async throws { try await sleep(span) }

    /// How long requests still have to wait, or nil.
    package var remaining: Span? {
        guard let heldUntil else { return nil }
        let rest = min(heldUntil - now(), Self.longestHold)
        guard rest > .zero else {
            self.heldUntil = nil
            return nil
        }
        return rest
    }

    /// What no registry has a reason to pass; a clock that jumps back can't hold us longer either.
    private static let longestHold = Span.hours(6)

    /// Windows of rates are minutes: what names a later reset counts something else.
    private static let longestAnnouncedHold = Span.minutes(5)
}
