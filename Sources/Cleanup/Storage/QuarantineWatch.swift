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
    /// By registry; one without anything in quarantine is not among them.
    private let held = Mutex<[Int64: Set<Digest>]>([:])

    package init(sweeper: StorageSweeper, targets: [CleanupTarget], logger: Logger) {
        self.sweeper = sweeper
        self.targets = targets.filter { $0.storage != nil }.reduce(into: [:]) {
            $0[$1.row.id] = $1
        }
        self.logger = logger
    }

    /// Learns what is in quarantine.
    package func refresh() async throws {
        for (id, target) in targets {
            let digests = try await sweeper.ledger.quarantinedDigests(of: target.row)
            held.withLock { $0[id] = digests.isEmpty ? nil : digests }
        }
    }

    /// Looks at what has arrived; returns at once.
    package func heard(_ delivery: Delivery) {
        let wanted = held.withLock { held in
            held[delivery.registry.id].map { Self.wanted(delivery, $0) } ?? []
        }
        guard !wanted.isEmpty, let target = targets[delivery.registry.id] else { return }
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

    /// What of a delivery may need something in quarantine: what names it, and every push.
    private static func wanted(_ delivery: Delivery, _ held: Set<Digest>) -> Set<Digest> {
        var wanted = delivery.body.mentions.intersection(held)
        for access in delivery.body.accesses where !OwnUserAgent.matches(access.userAgent) {
            guard let digest = access.digest, access.class != .delete else { continue }
            if access.class == .push || held.contains(digest) { wanted.insert(digest) }
        }
        return wanted
    }
}
