import Foundation
import TestSupport
import Testing

extension Engines {
    /// `lastpull prune` on a real Docker Engine.
    @Suite(.enabled(if: isDockerPossible, dockerMissing)) struct Pruning {
        // What the engine's own measurement lost is what the events say; what is used or named stays.
        @Test func takesWhatNothingUsesAndTellsWhatCameBack() async throws {
            try await RealEngine.with { engine in
                let scene = try PruneScene(engine)
                _ = try await engine.importImage("team/used:1")
                _ = try await engine.importImage("team/named:1")
                let dangling = try await engine.importImage()
                try await engine.docker("run", "-d", "--network", "none", "team/used:1")
                let stopped = try await engine.docker("create", "--network", "none", "team/named:1")
                let anonymous = try await engine.docker("volume", "create")
                try await engine.docker("volume", "create", "named")
                try await engine.docker("network", "create", "idle")
                let before = try await engine.layers()

                let report = try await scene.prune()

                #expect(report.state == "done")
                #expect(report.ids("image") == [dangling])
                #expect(report.ids("container") == [stopped])
                #expect(report.names("volume") == [anonymous])
                #expect(report.names("network") == ["idle"])
                let lost = before - (try await engine.layers())
                let reclaimed = try await scene.reclaimed(in: report.run)
                #expect(lost > 500_000)
                #expect(reclaimed["image"] == lost)
                #expect(Set(reclaimed.keys) == ["image", "container", "volume", "network"])
                #expect(report.reclaimed == reclaimed.values.reduce(0, +))
                #expect(try await engine.imageNames() == ["team/used:1", "team/named:1"])
                #expect(try await engine.docker("volume", "ls", "--quiet") == "named")
                #expect(report.keptReasons["namedVolume"] == 1)
            }
        }

        // The same words are an hour ahead in one place, and eight hours ago in another.
        @Test func aTimeWithoutAZoneIsOnTheMachinesOwnClock() async throws {
            try await RealEngine.with { engine in
                let scene = try PruneScene(engine)
                _ = try await engine.importImage("team/a:1")
                try await engine.docker("create", "--network", "none", "team/a:1")
                let hence = Date().addingTimeInterval(3_600).formatted(.iso8601).dropLast()
                for (zone, count) in [("UTC", 1), ("Asia/Tokyo", 0), ("JST-9", 0)] {
                    let result = try await Lastpull.run(
                        ["prune", "--dry-run", "--json", "--type", "containers"]
                            + ["--filter", "until=\(hence)"] + scene.options,
                        environment: ["TZ": zone]
                    )
                    let output = Data(result.output.utf8)
                    let report = try JSONDecoder().decode(PruneScene.Report.self, from: output)
                    #expect(report.items.count == count, "\(zone)")
                }
            }
        }

        @Test func aDryRunTouchesNothing() async throws {
            try await RealEngine.with { engine in
                let scene = try PruneScene(engine)
                let dangling = try await engine.importImage()
                let planned = try await scene.prune("--dry-run")
                #expect(planned.state == "planned")
                #expect(planned.items.map(\.id) == [dangling])
                #expect(planned.items.map(\.reason) == ["dangling"])
                #expect(try await engine.imageNames() == [dangling])
                let done = try await scene.prune()
                #expect(done.items.map(\.id) == planned.items.map(\.id))
                #expect(try await engine.imageNames() == [])
            }
        }

        // An engine keeps no copy, so the way back is said: by the digest that it was pulled as.
        @Test func restoreSaysHowToGetBackWhatWent() async throws {
            try await RealEngine.with { engine in
                let scene = try PruneScene(engine)
                _ = try await engine.importImage("team/made:1")
                let report = try await scene.prune("--filter", "dangling=false")
                #expect(report.state == "done" && report.items.count == 1)
                let made = try await scene.run("restore", report.run)
                #expect(made.status == 1)
                #expect(made.output.contains("image team/made:1: engine"), "\(made)")
                #expect(made.output.contains("keeps no copy"), "\(made)")
                #expect(made.output.contains("build it again"), "\(made)")
            }
        }

        // An image with several tags goes whole, or not at all; an older container's image stays.
        @Test func takesTaggedImagesOnlyWhenAsked() async throws {
            try await RealEngine.with { engine in
                let scene = try PruneScene(engine)
                _ = try await engine.importImage("team/two:1")
                try await engine.docker("tag", "team/two:1", "other/two:latest")
                _ = try await engine.importImage("team/ci:1", changes: ["LABEL stage=ci"])
                _ = try await engine.importImage("team/kept:1", changes: ["LABEL keep=yes"])
                _ = try await engine.importImage("team/held:1")
                try await engine.docker("create", "--network", "none", "team/held:1")

                let labelled = try await scene.prune(
                    "--type",
                    "images",
                    "--filter",
                    "dangling=false",
                    "--filter",
                    "label=stage=ci"
                )
                #expect(labelled.names("image") == ["team/ci:1"])
                let young = try await scene.prune(
                    "--type",
                    "images",
                    "--filter",
                    "dangling=false",
                    "--filter",
                    "until=1h"
                )
                #expect(young.items.isEmpty)
                let rest = try await scene.prune(
                    "--type",
                    "images",
                    "--filter",
                    "dangling=false",
                    "--filter",
                    "label!=keep=yes"
                )
                #expect(rest.names("image") == ["team/two:1", "other/two:latest"])
                #expect(try await engine.imageNames() == ["team/kept:1", "team/held:1"])
            }
        }

        @Test(arguments: [
            (["--filter", "older=1h"], "older"),
            (["--filter", "until=yesterday"], "until"),
            (["--filter", "label=a", "--type", "buildCache"], "buildCache knows no filter label"),
            (
                ["--filter", "dangling=true", "--type", "volumes"],
                "volumes know no filter dangling"
            ),
            (["--type", "pods"], "pods"),
        ])
        func aBadFilterIsRefusedBeforeAnythingRuns(options: [String], named: String) async throws {
            // Nobody listens there, and nobody is asked.
            let result = try await Lastpull.run(
                ["prune", "--socket", "/nonexistent/engine.sock"] + options
            )
            #expect(result.status == 64)
            #expect(result.errors.contains(named))
        }

        @Test func anEngineThatDoesNotAnswerIsSaid() async throws {
            let folder = try TemporaryFolder()
            let result = try await Lastpull.run([
                "prune", "--socket", folder.file("none.sock"), "--ledger", folder.file("ledger"),
            ])
            #expect(result.status == 1)
            #expect(result.errors.contains("engine engine: it does not answer"))
        }

        // Both remove the same things at once; neither fails for it.
        @Test func anotherPruneAtTheSameTimeIsNoFailure() async throws {
            try await RealEngine.with { engine in
                let scene = try PruneScene(engine)
                for _ in 0..<12 { _ = try await engine.importImage(kilobytes: 50) }
                async let theirs = engine.docker("image", "prune", "--force")
                let report = try await scene.prune()
                _ = try await theirs
                #expect(report.state == "done")
                #expect(
                    report.items.allSatisfy { $0.state == "done" || $0.detail.contains("gone") }
                )
                #expect(try await engine.imageNames() == [])
            }
        }

        // Whoever works on the engine holds the lock; it goes with its process.
        @Test func aSecondLastpullIsToldToWait() async throws {
            try await RealEngine.with { engine in
                let scene = try PruneScene(engine)
                _ = try await scene.prune()
                let holder = try ChildProcess(
                    Command.find("flock") ?? "flock",
                    ["--close", scene.ledger + ".engine.engine.lock", "sleep", "600"]
                )
                let refusal = try await eventualValue("a refusal", within: .seconds(30)) {
                    let result = try await scene.run("prune", "--json")
                    return result.status == 1 ? result : nil
                }
                #expect(refusal.errors.contains("a prune is already running"))
                try await holder.kill()
                _ = try await eventualValue("the lock is free", within: .seconds(30)) {
                    try await scene.run("prune", "--json").status == 0 ? true : nil
                }
            }
        }
    }
}
