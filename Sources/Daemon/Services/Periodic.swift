import Cleanup
import Logging
import RegistryModel
import ServiceLifecycle

/// Does something over and over, with a pause between; a failure is tried again, and logged when it
/// is another one than the last time.
struct Periodic: Service {
    let name: String
    let logger: Logger
    /// Where it is there, `body` sees to an early end itself once it is raised, and is not cut off.
    var interruption: Interruption?
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
        var lastFailure = ""
        while !Task.isCancelled, !(interruption?.isRaised ?? false) {
            var pause = Self.afterFailure.duration
            do {
                pause = try await body().duration
                lastFailure = ""
            } catch is CancellationError {
                return
            } catch {
                if lastFailure != "\(error)" {
                    logger.error("\(name) failed", metadata: ["reason": "\(error)"])
                }
                lastFailure = "\(error)"
            }
            let length = pause
            if let interruption {
                try? await interruption.run { try await Task.sleep(for: length) }
            } else {
                try? await Task.sleep(for: length)
            }
        }
    }

    private static let afterFailure = Span.seconds(5)
}
