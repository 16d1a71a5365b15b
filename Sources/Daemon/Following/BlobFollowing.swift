import AccessLedger
import Cleanup
import CurlTransport
import EventDecoding
import LogReading
import RegistryModel
import ServiceLifecycle

/// Follows the blobs of a container while the daemon runs.
struct BlobFollowing: Service {
    let log: FollowedLog
    let container: BlobContainer
    let names: Glob?
    let dialect: LogDialect

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var follower: BlobFollower?
            while !Task.isCancelled {
                var pause = Self.interval
                do {
                    let current = try follower ?? makeFollower()
                    follower = current
                    let unread = try await look(current)
                    try await log.note(unread?.text, isPartial: unread != nil)
                    if unread?.first.kind == .signatureRefused { pause = Self.longInterval }
                } catch is CancellationError {
                    return
                } catch let error as LogReadingError {
                    if error.kind == .signatureRefused { pause = Self.longInterval }
                    try? await log.note(error.description)
                } catch {
                    try? await log.note("\(error)")
                }
                try? await Task.sleep(for: pause.duration)
            }
        }
        // A service that ends early would take the others with it.
        try? await gracefulShutdown()
    }

    private func makeFollower() throws -> BlobFollower {
        let known = try log.ledger.logPositions(
            of: log.registry,
            below: container.place.container + "/"
        ).mapValues { position in
            BlobFollower.State(
                id: position.id,
                version: position.version,
                growth: position.growth,
                readAt: position.readAt
            )
        }
        return BlobFollower(container, names: names, dialect: dialect, known: known)
    }

    private func look(_ follower: BlobFollower) async throws -> BlobFollower.Unread? {
        try await follower.look(now: log.now(), horizon: log.horizon) { reading in
            // At once: others may be read meanwhile, which prove that all is heard.
            if let failure = reading.failure {
                try await log.note(failure.description, isPartial: true)
            }
            var position = LogPosition(
                reading.state.growth,
                place: reading.address,
                id: reading.state.id
            )
            position.version = reading.state.version
            try await log.record(reading.body, position, loss: reading.loss)
        }
    }

    /// Azure writes every few minutes; a list costs one request for some thousand blobs.
    private static let interval = Span.seconds(15)
    /// Blobs stay, and are read when the container can be reached again: an outage loses nothing
    /// before a life cycle rule, which counts in days, may have taken one away.
    static let keeps = Span.hours(24)
    /// A signature that is refused does not get better by asking.
    private static let longInterval = Span.minutes(1)
}

extension BlobFollower.Unread {
    fileprivate var text: String {
        blobs == 1 ? "\(first)" : "\(blobs) of its blobs, such as \(first)"
    }
}

extension LastpullDaemon {
    /// What fetches the logs that the settings name.
    static func followers(
        _ deployment: Deployment,
        into intake: Intake
    ) -> [any Service] {
        let transport = CurlTransport()
        let naming = deployment.ledger.recordNaming
        var services: [any Service] = []
        for (registry, target) in zip(deployment.settings.registries, deployment.targets) {
            for source in registry.logs {
                switch source {
                case .syslog: continue
                case .file(let path, let dialect):
                    let log = FollowedLog(
                        registry: target.row,
                        place: path,
                        losesAfter: .zero,
                        intake: intake,
                        deployment
                    )
                    services.append(FileFollowing(log, dialect: dialect.naming(naming)))
                case .blobs(let place, let names, let dialect):
                    let log = FollowedLog(
                        registry: target.row,
                        place: place.description,
                        losesAfter: BlobFollowing.keeps,
                        intake: intake,
                        deployment
                    )
                    services.append(
                        BlobFollowing(
                            log: log,
                            container: BlobContainer(place, transport: transport),
                            names: names,
                            dialect: dialect.naming(naming)
                        )
                    )
                }
            }
        }
        return services
    }
}
