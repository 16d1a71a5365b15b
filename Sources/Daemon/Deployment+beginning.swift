import AccessLedger
import Cleanup
import Logging
import RetentionPlanning

extension Deployment {
    /// Notes in the ledger that we are back, and beside it who serves it now.
    ///
    /// The file says what is about to begin before the ledger does: a start that is cut off between
    /// the two is no loss.
    func beginListening(_ lock: DaemonLock) async throws {
        let before = lock.mark
        var random = SystemRandomNumberGenerator()
        let session = String(random.next() as UInt64, radix: 36)
        var begun = before ?? .unknown
        begun.next = session
        write(begun, to: lock)
        let why = try await ledger.beginListening(
            at: now(),
            machine: machine(),
            session: session,
            mark: before
        )
        write(try await ledger.servingMark(), to: lock)
        try await sayClockDoubt()
        guard let why else { return }
        logger.error(
            "what was heard since the ledger was copied is not in it, and counts as lost",
            metadata: ["ledger": "\(settings.ledger)", "why": "\(why)"]
        )
    }

    /// Says why nothing is removed for a while, where the clock can't be believed.
    func sayClockDoubt() async throws {
        guard let doubt = try await cleaner.planMaker.clockDoubt(CleanupScope(), now()) else {
            return
        }
        logger.error("the clock is in doubt", metadata: ["why": "\(doubt)"])
    }

    /// Says where a word without an end was read by a ledger that no daemon has served yet: one that is
    /// new at each start reads it as often.
    func warnOfEndlessTrust() async throws {
        guard try await ledger.lastHeartbeat() == nil else { return }
        for (registry, target) in zip(settings.registries, targets)
        where registry.trustHistoryUntil == nil {
            guard let word = try await ledger.trustedHistory(of: target.row), !word.isEmpty else {
                continue
            }
            logger.warning(
                "the ledger is new, and trustHistoryFrom has no end: a ledger that is lost with its container would take it anew at each start, over what was not heard; keep the ledger in a lasting place, and name the end",
                metadata: [
                    "registry": "\(registry.name)", "ledger": "\(settings.ledger)",
                    "trustHistoryUntil": "\(word.end.text)",
                ]
            )
        }
    }

    /// A full disk is no reason not to start.
    private func write(_ mark: ServingMark, to lock: DaemonLock) {
        do { try lock.write(mark, isLasting: true) } catch {
            logger.error(
                "it is not written down who serves the ledger",
                metadata: ["reason": "\(error)"]
            )
        }
    }
}
