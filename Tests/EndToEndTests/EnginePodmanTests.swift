import Foundation
import TestSupport
import Testing

extension Engines {
    /// The same on Podman, whose answers differ in many small things.
    @Suite(.enabled(if: isPodmanPossible, podmanMissing)) struct OnPodman {
        @Test func takesWhatNothingUsesAndTellsWhatCameBack() async throws {
            try await RealEngine.with(.podman) { engine in
                let scene = try PruneScene(engine)
                let held = try await engine.importImage("team/held")
                // The same name again leaves the first image without one.
                let dangling = try await engine.importImage("team/named")
                _ = try await engine.importImage("team/named")
                let answer = try await engine.post(
                    "/v1.41/containers/create?name=stopped",
                    json: #"{"Image":"\#(held)","Cmd":["/bin/busybox"],"NetworkDisabled":true}"#
                )
                #expect(answer.contains("Id"))
                let images = try await scene.prune("--type", "images")
                #expect(images.ids("image") == [dangling])
                let told = try await scene.reclaimed(in: images.run)
                #expect(told["image"] == images.reclaimed)
                #expect(images.reclaimed > 500_000)
                let all = try await scene.prune(
                    "--type",
                    "images",
                    "--filter",
                    "dangling=false"
                )
                #expect(all.names("image") == ["docker.io/team/named:latest"])
                #expect(try await engine.imageNames() == ["docker.io/team/held:latest"])
                let containers = try await scene.prune("--type", "containers")
                #expect(containers.names("container") == ["stopped"])
            }
        }

        @Test func leavesWhatRunsAndItsImage() async throws {
            try await RealEngine.with(.podman) { engine in
                let scene = try PruneScene(engine)
                let used = try await engine.importImage("team/used")
                _ = try await engine.importImage("team/idle")
                try await engine.docker(
                    "run",
                    "--detach",
                    "--name=runs",
                    "--network=none",
                    "--ulimit=nofile=1024:1024",
                    "--ulimit=nproc=4096:4096",
                    used,
                    "/bin/busybox",
                    "sleep",
                    "600"
                )
                let containers = try await scene.prune("--type", "containers")
                #expect(containers.names("container").isEmpty)
                let images = try await scene.prune(
                    "--type",
                    "images",
                    "--filter",
                    "dangling=false"
                )
                #expect(images.names("image") == ["docker.io/team/idle:latest"])
                #expect(try await engine.imageNames() == ["docker.io/team/used:latest"])
                #expect(try await engine.docker("ps", "--format={{.Names}}") == "runs")
            }
        }
    }
}
