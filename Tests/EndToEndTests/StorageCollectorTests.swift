import Foundation
import TestSupport
import Testing

extension LocalPrune {
    /// A registry's own collector in place of a sweep.
    @Suite(.enabled(if: isPossible, missing)) struct Collecting {
        private func scene(_ command: String, more: String = "") async throws -> StorageScene {
            let scene = try await StorageScene()
            try scene.folder.write(
                """
                version: 0.1
                storage: { filesystem: { rootdirectory: \(scene.registry.storage) } }
                """,
                to: "collector.yml"
            )
            let line = command.replacing("CONFIG", with: scene.folder.file("collector.yml"))
            try scene.configure(grace: "1h", quarantine: "0s", registry: "garbageCollect: \(line)")
            return scene
        }

        private var real: String {
            "[\(RealRegistry.binary ?? "registry"), garbage-collect, CONFIG]"
        }

        @Test func givesBackWhatNothingNeedsAndSaysHowMuch() async throws {
            let scene = try await scene(real)
            let gone = try await scene.push("a/x:v1", [.random(300_000, seed: 1)])
            try await scene.push("a/x:v2", [.random(10_000, seed: 2)])
            try await scene.delete("a/x", gone)
            let dry = try await scene.report("prune", "--dry-run")
            #expect(dry.state == "planned" && dry.reclaimed == 0)
            let run = try await scene.report("prune", "--now")
            #expect(run.state == "done")
            #expect(run.reclaimed > 300_000 && run.reclaimed < 310_000)
            #expect(run.note.contains("restart the registry"))
            #expect(try await scene.reclaimed() == run.reclaimed)
            let again = try await scene.report("prune", "--now")
            #expect(again.reclaimed == 0)
        }

        // Nobody knows whether somebody pushes, so it does not run.
        @Test func isNotRunWhereNobodyListens() async throws {
            let scene = try await scene("[sh, -c, 'echo ran >&2']")
            let result = try await scene.run("prune")
            #expect(result.status == 1)
            #expect(result.errors.contains("is not listened to"))
            #expect(!result.errors.contains("ran"))
        }

        @Test func itsStatusAndItsLastLineAreToldAndTheRunHasFailed() async throws {
            let scene = try await scene("[sh, -c, 'echo first; echo broken; exit 3']")
            let run = try await scene.report("prune", "--now", status: 1)
            #expect(run.state == "failed")
            #expect(run.note.contains("status 3: broken"))
        }

        // Nothing was pruned, so no event says so; of what ran, the event says that it failed.
        @Test func whatNeverRanHasNoEvent() async throws {
            let scene = try await scene("[no-such-collector, CONFIG]")
            let run = try await scene.report("prune", "--now", status: 1)
            #expect(run.state == "failed")
            #expect(run.note.contains("no-such-collector"))
            #expect(try await prunes(scene).isEmpty)
            let broken = try await self.scene("[sh, -c, 'echo broken; exit 3']")
            _ = try await broken.report("prune", "--now", status: 1)
            let events = try await prunes(broken)
            #expect(events.count == 1)
            #expect(events.first?.actor.attributes["failed"]?.contains("status 3") == true)
        }

        private func prunes(_ scene: StorageScene) async throws -> [PruneScene.Event] {
            let result = try await scene.run("events", "--json", "--since", "0")
            return try PruneScene.events(in: result.output).filter { $0.action == "prune" }
        }

        @Test func aDryRunIsPassedOn() async throws {
            let scene = try await scene("[sh, -c, 'echo \"$1\"', collector]")
            let result = try await scene.run("prune", "--dry-run")
            #expect(result.status == 0)
            #expect(result.errors.contains("--dry-run"))
        }

        // The untagged platforms of an index that is tagged are what this option deletes.
        @Test func theOptionThatBreaksIndexesIsWarnedOf() async throws {
            let scene = try await scene("[registry, garbage-collect, --delete-untagged, CONFIG]")
            try await scene.pushByHand("a/x:v1", [.random(900, seed: 41)])
            let check = try await scene.run("check")
            #expect(check.output.contains("distribution 2 with --delete-untagged"))
            let plan = try await scene.run("plan")
            #expect(plan.errors.contains("distribution 2 with --delete-untagged"))
        }
    }
}

extension Engines {
    /// A collector in the registry's container.
    @Suite(.enabled(if: isDockerPossible, dockerMissing)) struct Collecting {
        @Test func runsInAContainerAndItsStatusIsTold() async throws {
            try await RealEngine.with { engine in
                _ = try await engine.importImage("registry:1")
                try await engine.docker(
                    "run",
                    "--detach",
                    "--network",
                    "none",
                    "--name",
                    "registry",
                    "registry:1"
                )
                let folder = try TemporaryFolder()
                let command = "[/bin/busybox, sh, -c, 'echo one; echo two >&2; exit 4']"
                let configuration = try folder.write(
                    """
                    ledger: \(folder.file("ledger.sqlite"))
                    registries:
                      - name: local
                        url: http://127.0.0.1:1
                        garbageCollect: { engine: node, container: registry, command: \(command) }
                    engines: [{ name: node, socket: \(engine.socket) }]
                    """,
                    to: "lastpull.yaml"
                )
                let result = try await Lastpull.run([
                    "prune", "--now", "--json", "--config", configuration,
                ])
                #expect(result.status == 1)
                #expect(result.errors.contains("one\n") && result.errors.contains("two\n"))
                #expect(result.output.contains("ended with status 4"))
                let other = try String(contentsOfFile: configuration, encoding: .utf8)
                    .replacing("container: registry", with: "container: nobody")
                try folder.write(other, to: "lastpull.yaml")
                let missing = try await Lastpull.run(["prune", "--now", "--config", configuration])
                #expect(missing.status == 1 && missing.output.contains("could not be run"))
                let events = try await Lastpull.run([
                    "events", "--json", "--since", "0", "--config", configuration,
                ])
                let prunes = try PruneScene.events(in: events.output)
                    .filter { $0.action == "prune" }
                #expect(prunes.count == 1, "of the first run only")
            }
        }
    }
}
