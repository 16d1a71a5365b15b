package import Logging
package import RegistryModel
import Synchronization

/// Counts deliveries that are refused for who sends them or what they are for, until somebody takes
/// the counts; and says so in the log, once a minute for each registry and reason.
///
/// It remembers no more than the registries of the settings and one for all other names, whatever is
/// sent. What strangers send changes nothing else, and no coverage above all.
package final class RefusedDeliveries: Sendable {
    private struct Key: Hashable {
        var registry: String?
        var reason: RefusedDelivery.Reason
    }

    private struct State {
        /// What was counted since it was last taken.
        var counts: [Key: RefusedDelivery] = [:]
        /// When each was said, and how many were not said since.
        var said: [Key: (at: Timestamp, unsaid: Int)] = [:]
    }

    private let state = Mutex(State())
    private let logger: Logger

    package init(logger: Logger) { self.logger = logger }

    /// Counts one.
    func note(_ refused: RefusedDelivery) {
        let key = Key(registry: refused.registry, reason: refused.reason)
        let unsaid: Int? = state.withLock { state in
            var sum = refused
            sum.count += state.counts[key]?.count ?? 0
            state.counts[key] = sum
            // A clock that was set back must not silence it for long.
            if let last = state.said[key], last.at <= refused.lastAt,
                refused.lastAt - last.at < Self.interval
            {
                state.said[key]?.unsaid += 1
                return nil
            }
            defer { state.said[key] = (refused.lastAt, 0) }
            return state.said[key]?.unsaid ?? 0
        }
        guard let unsaid else { return }
        logger.warning(
            "delivery refused",
            metadata: [
                "registry.name": "\(refused.registry ?? refused.name)",
                "address": "\(refused.address)",
                "why": "it \(refused.reason.advice)",
                "deliveries.refusedBefore": "\(unsaid)",
            ]
        )
    }

    /// What was counted since the last time.
    package func take() -> [RefusedDelivery] {
        state.withLock { state in
            defer { state.counts.removeAll(keepingCapacity: true) }
            return Array(state.counts.values)
        }
    }

    /// Adds what could not be written down to what is counted.
    package func giveBack(_ refused: [RefusedDelivery]) {
        state.withLock { state in
            for old in refused {
                let key = Key(registry: old.registry, reason: old.reason)
                if state.counts[key] == nil {
                    state.counts[key] = old
                } else {
                    state.counts[key]?.count += old.count
                }
            }
        }
    }

    private static let interval = Span.minutes(1)
}
