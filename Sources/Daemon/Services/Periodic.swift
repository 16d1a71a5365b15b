import Cleanup
import Logging
import RegistryModel
import ServiceLifecycle

/// Does something over and over, with a pause between; a failure is logged and tried again.
struct Periodic: Service {
    let name: String
    let logger: Logger
    /// Where it is there, `body` sees to an early end itself once it is raised, and is not cut off.
    var interruption: Interruption?
    /// The longest pause after a failure: with each in a row it doubles up to this.
    var longestPause = Self.afterFailure
    /// Does it once and says how long to pause.
    let body: @Sendable () async throws -> Span

    func run() async throws {
        if interruption == nil {
            await cancelWhenGracefulShutdown { await repeatIt() }
        } else {
            await repeatIt()
        }
        // A service that ends early would take the others with it.
        try? await gracefulShutdown()
    }

    private func repeatIt() async {
        var afterFailure = Self.afterFailure
        while !Task.isCancelled, !(interruption?.isRaised ?? false) {
            let length: Duration
            do {
                length = try await body().duration
                afterFailure = Self.afterFailure
            } catch is CancellationError {
                return
            } catch {
                length = afterFailure.duration
                logger.error(
                    "\(name) failed",
                    metadata: ["reason": "\(error)", "next": "in \(afterFailure)"]
                )
                afterFailure = min(afterFailure + afterFailure, longestPause)
            }
            if let interruption {
                try? await interruption.run { try await Task.sleep(for: length) }
            } else {
                try? await Task.sleep(for: length)
            }
        }
    }

    static let afterFailure = Span.seconds(5)
}
