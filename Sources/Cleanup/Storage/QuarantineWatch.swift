package import AccessLedger
package import Logging
import RegistryModel
import Synchronization

/// Brings back at once what somebody asks for while it is in quarantine (design, 5.8, point 3).
///
/// An event or a log line that names it is enough, and so is the push of a manifest that needs it.
package final class QuarantineWatch: Sendable {
    private let sweeper: StorageSweeper
    private let targets: [Int64: CleanupTarget]
    private let logger: Logger
    /// By registry; one without a disk is not among them.
    private let states: Mutex<[Int64: State]>

    private struct State {
        /// With the time at which the run began that took it.
        var held: [Digest: Timestamp] = [:]
        /// What was named of late: a sweep of another process may just have taken it.
        var recent = RecentNames()
    }

    package init(sweeper: StorageSweeper, targets: [CleanupTarget], logger: Logger) {
        self.sweeper = sweeper
        let targets = targets.filter { $0.storage != nil }
        self.targets = targets.reduce(into: [:]) { $0[$1.row.id] = $1 }
        states = Mutex(targets.reduce(into: [:]) { $0[$1.row.id] = State() })
        self.logger = logger
    }

    /// Learns what is in quarantine, and brings back what was asked for just before that was known.
    package func refresh() async throws {
        for (id, target) in targets {
            let digests = try await sweeper.ledger.quarantinedDigests(of: target.row)
            let missed = states.withLock { states in
                let held = states[id]?.held ?? [:]
                states[id]?.held = digests
                let news = digests.filter { held[$0.key] != $0.value }
                return states[id]?.recent.wanted(of: news) ?? []
            }
            guard !missed.isEmpty else { continue }
            try await sweeper.bringBack(missed, of: target)
            let left = try await sweeper.ledger.quarantinedDigests(of: target.row)
            states.withLock { $0[id]?.held = left }
        }
    }

    /// Looks at what has arrived; returns at once.
    package func heard(_ delivery: Delivery) {
        guard let target = targets[delivery.registry.id] else { return }
        let named = Self.named(delivery)
        guard !named.isEmpty else { return }
        let wanted = states.withLock { states in
            states[target.row.id]?.recent.note(named, at: delivery.receivedAt)
            let held = states[target.row.id]?.held ?? [:]
            return held.isEmpty
                ? [] : Set(named.filter { $0.isPush || held[$0.digest] != nil }.map(\.digest))
        }
        guard !wanted.isEmpty else { return }
        Task {
            do {
                try await sweeper.bringBack(wanted, of: target)
                try await refresh()
            } catch {
                logger.error(
                    "what was asked for could not be brought back from quarantine",
                    metadata: ["registry": "\(target.row.name)", "reason": "\(error)"]
                )
            }
        }
    }

    /// What a delivery names, but for what we asked ourselves.
    private static func named(_ delivery: Delivery) -> [RecentNames.Name] {
        var named = delivery.body.mentions.map { RecentNames.Name(digest: $0, isPush: false) }
        for access in delivery.body.accesses where !OwnUserAgent.matches(access.userAgent) {
            guard let digest = access.digest, access.class != .delete else { continue }
            // A pushed manifest may need what it does not name in its event.
            named.append(.init(digest: digest, isPush: access.class == .push))
        }
        return named
    }
}
