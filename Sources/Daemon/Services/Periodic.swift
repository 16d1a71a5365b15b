import Logging
import RegistryModel
import ServiceLifecycle

/// Does something over and over, with a pause between; a failure is logged and tried again.
struct Periodic: Service {
    let name: String
    let logger: Logger
    /// Does it once and says how long to pause.
    let body: @Sendable () async throws -> Span

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                var pause = Self.afterFailure
                do {
                    pause = try await body()
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("\(name) failed", metadata: ["reason": "\(error)"])
                }
                try? await Task.sleep(for: pause.duration)
            }
        }
        // A service that ends early would take the others with it.
        try? await gracefulShutdown()
    }

    private static let afterFailure = Span.seconds(5)
}
