import RegistryModel
import TestSupport
import Testing

extension Hearing {
    /// Our own absence, in which the registry goes on without us.
    @Suite(.serialized) struct DowntimeTests {
        // The registry keeps what it could not deliver, in order: when something from after our
        // return arrives, nothing from before is missing.
        @Test func whatTheRegistryKeptForUsHealsOurAbsence() async throws {
            let scene = try await Self.sceneWithThreeImages()
            try await scene.daemon.kill()
            try await scene.read("team/api", "v2")
            try await Self.outlastTheTolerance()
            try await scene.daemon.start()

            try await eventually("the pull of the absence is heard", within: .seconds(30)) {
                try await scene.daemon.explain("team/api:v2").accesses == 1
            }
            try await scene.everythingIsHeard()
            try await scene.expectPlan(["team/api:v3"])
            // Sent again after our return, or sent once: it counts once.
            #expect(try await scene.daemon.explain("team/api:v2").accesses == 1)
        }

        // A registry that was restarted has lost what it kept, and nobody knows what that was.
        @Test func aRegistryRestartedMeanwhileLeavesAGap() async throws {
            let scene = try await Self.sceneWithThreeImages()
            try await scene.daemon.kill()
            try await scene.read("team/api", "v2")
            try await Self.outlastTheTolerance()
            try await scene.registry.restart()
            try await scene.daemon.start()

            // Not at first, and not when its new process is heard well either.
            for _ in 0..<6 {
                try await scene.everythingIsHeard()
                let plan = try await scene.daemon.plan()
                #expect(plan.isHeldBack, "\(plan.images) would go; kept \(plan.keptReasons)")
            }
            #expect(try await scene.daemon.explain("team/api:v2").accesses == 0)
        }

        /// Of three images one was pulled, and two would go.
        private static func sceneWithThreeImages() async throws -> HearingScene {
            // Probes so close that one is always under way, whatever happens beside it.
            let scene = try await HearingScene.start(
                policies: HearingScene.removesUnpulled,
                probe: "20ms"
            )
            for (index, tag) in ["v1", "v2", "v3"].enumerated() {
                try await scene.push("team/api:\(tag)", seed: 40 + UInt64(index))
            }
            try await scene.read("team/api", "v1")
            try await scene.everythingIsHeard()
            try await scene.expectPlan(["team/api:v2", "team/api:v3"])
            return scene
        }

        /// An absence that the tolerance covers would prove nothing.
        private static func outlastTheTolerance() async throws {
            try await Task.sleep(for: HearingScene.gapTolerance + .seconds(2))
        }
    }
}
