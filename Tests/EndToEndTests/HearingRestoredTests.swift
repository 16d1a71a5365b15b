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

        // Nobody would find what is written to a file that was moved away; the registry keeps what is
        // refused, and delivers it when the file is back.
        @Test func aLedgerThatIsMovedTakesNothingUntilItIsBack() async throws {
            let scene = try await Self.sceneWithTwoImages()
            let (ledger, away) = (scene.daemon.ledger, scene.daemon.ledger + ".away")
            try FileManager.default.moveItem(atPath: ledger, toPath: away)
            let ready = try await LoopbackHTTP.get("\(scene.daemon.url)/readyz")
            #expect(ready.status == 503)
            let why = String(decoding: ready.body, as: UTF8.self)
            #expect(why.contains("not there any more"), "\(why)")
            try await scene.read("team/api", "v2")
            try await eventually("the event is refused", within: .seconds(30)) {
                scene.daemon.log.contains("delivery could not be recorded")
            }
            #expect(!FileManager.default.fileExists(atPath: ledger))

            try FileManager.default.moveItem(atPath: away, toPath: ledger)
            try await scene.everythingIsHeard()
            #expect(try await scene.daemon.explain("team/api:v2").accesses == 1)
            try await eventually("it is ready again", within: .seconds(15)) {
                try await LoopbackHTTP.get("\(scene.daemon.url)/readyz").status == 200
            }
        }

        // Whoever forgets to stop it first has a whole ledger all the same, and it is the restored one.
        @Test(arguments: [true, false])
        func aLedgerThatIsRestoredMeanwhileIsNotWrittenOver(isInPlace: Bool) async throws {
            let scene = try await Self.sceneWithTwoImages()
            let (ledger, copy) = (scene.daemon.ledger, scene.daemon.ledger + ".copy")
            #expect(try await scene.daemon.run("ledger", "backup", copy).status == 0)
            try await scene.read("team/api", "v2")
            try await scene.everythingIsHeard()
            let bytes = try Data(contentsOf: URL(filePath: copy))
            let command = isInPlace ? "cp" : "mv"
            let program = try #require(Command.find(command))
            #expect(try await Command.run(program, [copy, ledger]).status == 0)
            try await eventually("it is noticed", within: .seconds(15)) {
                scene.daemon.log.contains("heartbeat failed")
            }
            let told = scene.daemon.log.components(separatedBy: "heartbeat failed").count - 1
            #expect(told == 1)
            #expect(try await LoopbackHTTP.get("\(scene.daemon.url)/readyz").status == 503)
            try await scene.daemon.terminate()
            #expect(try Data(contentsOf: URL(filePath: ledger)) == bytes)

            try await scene.daemon.start()
            try await scene.everythingIsHeard()
            #expect(try await scene.daemon.explain("team/api:v2").accesses == 0)
            let verified = try await scene.daemon.run("ledger", "verify")
            #expect(verified.status == 0, "\(verified.output)")
            let said = try await scene.daemon.run("check").output
            #expect(said.contains("restored from a backup"), "\(said)")
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
