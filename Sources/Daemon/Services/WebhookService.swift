import Logging
import Publishing
import RegistryModel
import ServiceLifecycle

/// Sends to one webhook for as long as the daemon runs.
struct WebhookService: Service {
    let sender: WebhookSender
    let hub: EventHub
    let logger: Logger

    func run() async throws {
        // What is cut off is sent again after the next start, with the same id.
        await cancelWhenGracefulShutdown { await send() }
        // A service that ends early would take the others with it.
        try? await gracefulShutdown()
    }

    private func send() async {
        while !Task.isCancelled {
            do {
                switch try await sender.step() {
                case .again: continue
                case .stopped: return
                case .wait(let span, let place):
                    let limit = min(max(span ?? Self.look, .zero), Self.look)
                    if await hub.next(after: place, within: limit.duration) == .closed { return }
                }
            } catch is CancellationError {
                return
            } catch {
                logger.error(
                    "webhook can't be sent to now",
                    metadata: ["webhook": "\(sender.webhook.name)", "reason": "\(error)"]
                )
                try? await Task.sleep(for: Self.afterFailure.duration)
            }
        }
    }

    /// How soon it is seen that a command has asked for something to be sent again.
    private static let look = Span.seconds(2)
    private static let afterFailure = Span.seconds(5)
}
