import Logging
import Synchronization

/// Says that deliveries can't be recorded, once a minute and not once a request.
final class OutageLog: Sendable {
    private struct State {
        var lastLine: ContinuousClock.Instant?
        var unsaid = 0
    }

    private let state = Mutex(State())
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    func note(_ error: any Error, registry: String) {
        let now = ContinuousClock.now
        let unsaid: Int? = state.withLock { state in
            if let last = state.lastLine, now - last < Self.interval {
                state.unsaid += 1
                return nil
            }
            defer { state = State(lastLine: now) }
            return state.unsaid
        }
        guard let unsaid else { return }
        logger.error(
            "delivery could not be recorded",
            metadata: [
                "registry.name": "\(registry)",
                "error.reason": "\(error)",
                "deliveries.refusedBefore": "\(unsaid)",
            ]
        )
    }

    /// Long enough for a log to stay readable in an outage, short enough to see that it lasts.
    private static let interval = Duration.seconds(60)
}
