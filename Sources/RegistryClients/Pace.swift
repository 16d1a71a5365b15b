import Foundation
package import RegistryModel

/// The speed at which one registry wants to be asked, shared by everything that asks it.
///
/// After a 429 or a `Retry-After`, all requests wait until the moment that the registry named.
package actor Pace {
    private var heldUntil: Timestamp?
    private let now: @Sendable () -> Timestamp
    private let sleep: @Sendable (Span) async throws -> Void

    /// - Parameters:
    ///   - now: the wall clock, also for the lifetime of tokens.
    ///   - sleep: waits, or throws when the task is cancelled.
    package init(
        now: @escaping @Sendable () -> Timestamp = {
            Timestamp(seconds: Date().timeIntervalSince1970)
        },
        sleep: @escaping @Sendable (Span) async throws -> Void = { span in
            try await Task.sleep(for: span.duration)
        }
    ) {
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
    /// - Returns: how long it waited, or nil without waiting when that would take more than
    ///   `limit`.
    /// - Throws: when the task is cancelled.
    func waitForTurn(atMost limit: Span) async throws -> Span? {
        var waited = Span.zero
        while let rest = remaining {
            guard waited + rest <= limit else { return nil }
            try await sleep(rest)
            waited = waited + rest
        }
        return waited
    }

    /// Sleeps before another attempt of one request; others go on.
    nonisolated func pause(_ span: Span) async throws { try await sleep(span) }

    /// How long requests still have to wait, or nil.
    var remaining: Span? {
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
}
