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

        // Whatever were removed, the mark would stay crossed.
        @Test func aFileSystemThatTheEngineDoesNotFillFiresNothing() async throws {
            try await RealEngine.with { engine in
                let other = try TemporaryFolder(in: "/dev/shm")
                try other.write(String(repeating: "x", count: 1_000_000), to: "full")
                let daemon = try LastpullDaemon()
                for image in ["team/a:1", "team/b:1"] { _ = try await engine.importImage(image) }
                let settings = { (path: String) in
                    """
                    engines: [{ name: node, socket: \(engine.socket), prune: [images] }]
                    policies:
                      - name: images
                        engine: node
                        keep: { pushed: { within: 0s } }
                        mode: enforce
                    triggers:
                      - { name: full, engine: node, volume: \(path), above: 500KB, until: 0B }
                    """
                }
                try await daemon.start(settings: settings(other.path))
                try await eventually("it is said", within: .seconds(30)) {
                    daemon.log.contains("another file system than the data root of node")
                }
                #expect(try await engine.imageNames().count == 2)
                let failed = try await daemon.run("check")
                #expect(failed.status == 1)
                let said = "trigger full: never fires: \(other.path) is on another file system"
                #expect(failed.output.contains(said), "\(failed.output)")
                try await daemon.terminate()

                try await daemon.start(settings: settings(engine.dataRoot))
                try await eventually("all images are gone", within: .seconds(60)) {
                    try await engine.imageNames().isEmpty
                }
                let fine = try await daemon.run("check")
                #expect(!fine.output.contains("trigger full"), "\(fine.output)")
                try await daemon.terminate()
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

        // One measurement is for all triggers, whichever comes first in the settings.
        @Test func theSecondTriggerOfAnEngineIsMeasuredToo() async throws {
            try await RealEngine.with { engine in
                _ = try await engine.importImage("team/a:1")
                let daemon = try LastpullDaemon()
                try await daemon.start(
                    settings: """
                        engines: [{ name: node, socket: \(engine.socket) }]
                        policies:
                          - { name: images, engine: node, keep: { pushed: { within: 0s } }, mode: enforce }
                        triggers:
                          - { name: huge, engine: node, engineBytes: 100GB, until: 90GB }
                          - { name: small, engine: node, engineBytes: 1kB, until: 0B }
                        """
                )
                try await eventually("the second has fired", within: .seconds(30)) {
                    try await engine.imageNames().isEmpty
                }
                try await daemon.terminate()
                let runs = try await daemon.run("runs").output.split(separator: "\n")
                #expect(runs.count == 1 && runs[0].contains("small"), "\(runs)")
            }
        }

        private func heard(_ daemon: LastpullDaemon, _ text: String) async throws {
            try await eventually("check says \(text)", within: .seconds(30)) {
                try await daemon.run("check").output.contains(text)
            }
        }
    }
}
