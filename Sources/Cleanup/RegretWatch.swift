package import AccessLedger
package import Logging
package import RegistryModel

/// Tells of requests for what was removed, once it is sure that they were no checks before a push.
package struct RegretWatch: Sendable {
    let ledger: Ledger
    let logger: Logger
    let now: @Sendable () -> Timestamp

    package init(ledger: Ledger, logger: Logger, now: @escaping @Sendable () -> Timestamp) {
        self.ledger = ledger
        self.logger = logger
        self.now = now
    }

    package func settle() async throws {
        for regret in try await ledger.settleRegrets(now: now()) {
            logger.warning(
                "something that was removed is asked for",
                metadata: [
                    "registry": "\(regret.registry)", "image": "\(regret.image)",
                    "run": "\(regret.run)", "reason": "\(regret.reason)",
                    "policy": "\(regret.policy ?? "")", "userAgent": "\(regret.userAgent ?? "")",
                    "address": "\(regret.address ?? "")",
                ]
            )
        }
    }
}
