import Foundation
import RegistryModel
import TestSupport
import Testing

extension Hearing {
    /// A ledger that is not the one that was heard into, or not of the registry that is asked.
    @Suite(.serialized) struct RestoredTests {
        // The registry goes on all the while, and delivers to whoever listens: what came after the
        // copy went to the file that is lost.
        @Test(arguments: [true, false])
        func aLedgerThatWasCopiedBeforeAPullProvesNothingAboutIt(isBackup: Bool) async throws {
            let scene = try await Self.sceneWithTwoImages()
            let copy = scene.daemon.ledger + ".copy"
            if isBackup {
                #expect(try await scene.daemon.run("ledger", "backup", copy).status == 0)
            } else {
                try await scene.daemon.terminate()
                for ending in Self.parts {
                    try? FileManager.default.copyItem(
                        atPath: scene.daemon.ledger + ending,
                        toPath: copy + ending
                    )
                }
                try await scene.daemon.start()
            }
            try await scene.read("team/api", "v2")
            try await scene.everythingIsHeard()
            #expect(try await scene.daemon.explain("team/api:v2").accesses == 1)

            try await scene.daemon.terminate()
            for ending in Self.parts {
                let path = scene.daemon.ledger + ending
                try? FileManager.default.removeItem(atPath: path)
                try? FileManager.default.moveItem(atPath: copy + ending, toPath: path)
            }
            // Not by hand either, before a daemon has run.
            if isBackup { try await scene.expectNothingGoes() }
            try await scene.daemon.start()
            for _ in 0..<3 {
                try await scene.everythingIsHeard()
                try await scene.expectNothingGoes()
            }
            #expect(try await scene.daemon.explain("team/api:v2").accesses == 0)
            let said = try await scene.daemon.run("check").output
            #expect(said.contains("known loss from"), "\(said)")
        }

        // What starts anew and is killed in between loses nothing of its own.
        @Test func aKilledDaemonIsNoRestoredLedger() async throws {
            let scene = try await Self.sceneWithTwoImages()
            for _ in 0..<3 { try await scene.daemon.killAndRestart() }
            try await scene.everythingIsHeard()
            let said = try await scene.daemon.run("check").output
            #expect(!said.contains("known loss"), "\(said)")
        }

        // Days of another registry that had the name before.
        @Test func anotherRegistryOfTheSameNameInheritsNothing() async throws {
            let scene = try await Self.sceneWithTwoImages()
            let other = try await RealRegistry.start(
                RealRegistry.Options(endpoints: [.init(url: scene.daemon.hook("local"))])
            )
            let moved = HearingScene(registry: other, daemon: scene.daemon)
            for (index, tag) in ["v1", "v2"].enumerated() {
                try await moved.push("team/api:\(tag)", seed: 40 + UInt64(index))
            }
            try await scene.daemon.terminate()
            let path = scene.daemon.configuration
            let settings = try String(contentsOfFile: path, encoding: .utf8)
            try settings.replacing(scene.registry.url, with: other.url)
                .write(toFile: path, atomically: true, encoding: .utf8)
            try await moved.expectNothingGoes()
            try await scene.daemon.start()
            try await moved.everythingIsHeard()
            try await moved.expectNothingGoes()
            let said = try await scene.daemon.run("check").output
            #expect(said.contains("was at \(scene.registry.host) before"), "\(said)")

            // The operator's new word holds.
            let vouched = try String(contentsOfFile: path, encoding: .utf8)
                .replacing(/trustHistoryFrom: [-0-9]+/, with: "trustHistoryFrom: 2026-01-01")
            try vouched.write(toFile: path, atomically: true, encoding: .utf8)
            try await scene.daemon.killAndRestart()
            try await moved.everythingIsHeard()
            try await moved.expectPlan(["team/api:v2"])
        }

        /// A ledger's files, of which the later two may be missing.
        private static let parts = ["", "-wal", "-shm"]

        /// Of two images one was pulled, and the other would go.
        private static func sceneWithTwoImages() async throws -> HearingScene {
            let scene = try await HearingScene.start(
                policies: HearingScene.removesUnpulled,
                probe: "20ms"
            )
            for (index, tag) in ["v1", "v2"].enumerated() {
                try await scene.push("team/api:\(tag)", seed: 40 + UInt64(index))
            }
            try await scene.read("team/api", "v1")
            try await scene.everythingIsHeard()
            try await scene.expectPlan(["team/api:v2"])
            return scene
        }
    }
}

extension HearingScene {
    /// Nothing goes, because silence proves nothing.
    fileprivate func expectNothingGoes() async throws {
        let plan = try await daemon.plan()
        #expect(plan.isHeldBack, "\(plan.images) would go; kept \(plan.keptReasons)")
    }
}
