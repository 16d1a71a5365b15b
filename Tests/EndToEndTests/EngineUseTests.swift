import Foundation
import TestSupport
import Testing

extension Engines {
    /// Images by their last use: `lastpull serve` beside a real Docker Engine.
    @Suite(.enabled(if: isDockerPossible, dockerMissing)) struct LeastRecentlyUsed {
        private func settings(_ engine: RealEngine, above: Int64, until: Int64) -> String {
            """
            engines: [{ name: node, socket: \(engine.socket) }]
            policies:
              - name: images
                engine: node
                keep: { pushed: { within: 0s }, tags: ["keep*"] }
                mode: enforce
            triggers:
              - { name: size, engine: node, engineBytes: \(above)B, until: \(until)B, cooldown: 1s }
            """
        }

        private func use(_ engine: RealEngine, _ image: String) async throws {
            let id = try await engine.docker("create", "--network", "none", image)
            try await engine.docker("rm", id)
        }

        // The coldest go, as many as the low mark wants; what is used later than others were made,
        // protected or held by a container stays. A start in between forgets nothing.
        @Test func theColdestGoDownToTheLowMark() async throws {
            try await RealEngine.with { engine in
                let daemon = try LastpullDaemon()
                let far: Int64 = 1 << 40
                let images = ["team/a:1", "team/b:1", "team/c:1", "team/keep:keep", "team/held:1"]
                for image in images { _ = try await engine.importImage(image) }
                let size = try await engine.layers() / Int64(images.count)
                try await daemon.start(settings: settings(engine, above: far, until: far))
                try await heard(daemon, "the use of \(images.count) images is known")
                try await engine.docker("create", "--network", "none", "team/held:1")
                try await use(engine, "team/a:1")
                // Two containers were made.
                try await heard(daemon, "2 uses heard")
                try await daemon.terminate()

                let now = try await engine.layers()
                let until = now - size - size / 2
                try await daemon.start(settings: settings(engine, above: now - 1, until: until))
                try await eventually("two images are gone", within: .seconds(60)) {
                    try await engine.imageNames().count == 3
                }
                #expect(
                    try await engine.imageNames() == ["team/a:1", "team/keep:keep", "team/held:1"]
                )
                try await daemon.terminate()
                let events = try await daemon.run("events", "--json", "--since", "0")
                let told = try PruneScene.events(in: events.output)
                    .filter { $0.type == "image" && $0.action == "prune" }
                let bytes = told.compactMap { Int64($0.actor.attributes["reclaimed"] ?? "") }
                let left = try await engine.layers()
                #expect(bytes.reduce(0, +) == now - left)
            }
        }

        // What happened while nobody listened is asked for, also where nothing was heard before.
        @Test func usesBetweenTwoStartsCountThoughNothingWasHeardBefore() async throws {
            try await RealEngine.with { engine in
                let daemon = try LastpullDaemon()
                let far: Int64 = 1 << 40
                for image in ["team/a:1", "team/b:1"] { _ = try await engine.importImage(image) }
                let now = try await engine.layers()
                try await daemon.start(settings: settings(engine, above: far, until: far))
                try await heard(daemon, "the use of 2 images is known")
                try await daemon.terminate()
                // The older one, which would go first.
                try await use(engine, "team/a:1")

                try await daemon.start(settings: settings(engine, above: now - 1, until: now - 1))
                try await eventually("one image is gone", within: .seconds(60)) {
                    try await engine.imageNames().count == 1
                }
                #expect(try await engine.imageNames() == ["team/a:1"])
                try await daemon.terminate()
            }
        }

        // Without a word of a policy nothing goes, however full it is.
        @Test func withoutAPolicyAllStay() async throws {
            try await RealEngine.with { engine in
                _ = try await engine.importImage("team/a:1")
                let daemon = try LastpullDaemon()
                try await daemon.start(
                    settings: """
                        engines: [{ name: node, socket: \(engine.socket) }]
                        triggers:
                          - { name: size, engine: node, engineBytes: 1kB, until: 0B, cooldown: 1s }
                        """
                )
                try await eventually("it says why", within: .seconds(30)) {
                    let events = try await daemon.run("events", "--json", "--since", "0")
                    return events.output.contains("insufficient")
                        && events.output.contains("noPolicy")
                }
                #expect(try await engine.imageNames() == ["team/a:1"])
                try await daemon.terminate()
            }
        }

        private func heard(_ daemon: LastpullDaemon, _ text: String) async throws {
            try await eventually("check says \(text)", within: .seconds(30)) {
                try await daemon.run("check").output.contains(text)
            }
        }
    }
}
