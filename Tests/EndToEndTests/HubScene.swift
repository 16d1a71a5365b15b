import Foundation
import RegistryModel
import TestSupport

/// A fake Docker Hub, and lastpull with settings for it.
struct HubScene {
    let lastpull: LastpullDaemon
    let folder: TemporaryFolder

    init() throws {
        lastpull = try LastpullDaemon()
        folder = try TemporaryFolder()
    }

    static let unused = "{ accessed: { within: 30d }, pushed: { within: 1d } }"

    func configure(
        _ hub: FakeHub,
        keep: String = unused,
        mode: String = "enforce",
        repositories: String = "team/*",
        policy: String = ""
    ) throws {
        let secret = try folder.write("dckr_pat_secret\n", to: "secret")
        try lastpull.configure(
            """
            registries:
              - name: hub
                kind: dockerhub
                url: \(hub.url)
                username: ci-bot
                passwordFile: \(secret)
            policies:
              - name: stale
                registry: hub
                repositories: ["\(repositories)"]
                keep: \(keep)
                mode: \(mode)
                \(policy)
            """
        )
    }

    /// Runs `body` with a Hub of some tags, pulled and pushed so many days ago.
    func withHub(
        _ tags: [(name: String, pushed: Double, pulled: Double?)],
        _ body: (FakeHub) async throws -> Void
    ) async throws {
        let hub = try await FakeHub.start()
        for (seed, tag) in tags.enumerated() {
            await hub.add(
                "team/api",
                tag.name,
                seed: seed,
                size: 1_000 + seed,
                pushed: Self.daysAgo(tag.pushed),
                pulled: tag.pulled.map(Self.daysAgo)
            )
        }
        do { try await body(hub) } catch {
            await hub.stop()
            throw error
        }
        await hub.stop()
    }

    static func daysAgo(_ days: Double) -> Date {
        Date(timeIntervalSinceNow: -days * 86_400)
    }
}
