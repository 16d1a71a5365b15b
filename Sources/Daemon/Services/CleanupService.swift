import AccessLedger
import Cleanup
import Logging
import ServiceLifecycle

/// Finishes what a kill has cut off, then carries out what triggers fire.
struct CleanupService: Service {
    let triggers: TriggerService
    let deployment: Deployment

    func run() async throws {
        do {
            for target in deployment.targets {
                await lookForStrays(target)
                try await deployment.sweeper.resume(target)
            }
            try await deployment.cleaner.resume()
            for target in deployment.engines { try await deployment.pruner.resume(target) }
        } catch {
            deployment.logger.error(
                "a run that was cut off is not finished yet; the next cleanup tries again",
                metadata: ["reason": "\(error)"]
            )
        }
        await withGracefulShutdownHandler {
            await triggers.run()
        } onGracefulShutdown: {
            triggers.end()
        }
        try? await gracefulShutdown()
    }

    /// What can't be looked at keeps nothing else from being finished.
    private func lookForStrays(_ target: CleanupTarget) async {
        do {
            try await deployment.sweeper.takeOver(target)
            try await deployment.sweeper.sayStrays(target)
        } catch {
            deployment.logger.error(
                "the quarantine could not be looked at",
                metadata: ["registry": "\(target.row.name)", "reason": "\(error)"]
            )
        }
    }
}

/// Tells the triggers of the end as soon as it is wished for: being the last service, it is the
/// first to hear of it, while others may take their time.
struct EndOfRemovals: Service {
    let triggers: TriggerService

    func run() async throws {
        try? await gracefulShutdown()
        triggers.end()
    }
}
