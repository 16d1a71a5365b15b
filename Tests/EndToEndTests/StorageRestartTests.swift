import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// Sweeps that end with the operator's own command (design, section 5.8, point 4).
    @Suite(.enabled(if: isPossible, missing)) struct AfterSweep {
        private let base = ImageFolder.Layer.random(9_000, seed: 91)
        private let gone = ImageFolder.Layer.random(5_000, seed: 92)

        /// A registry that refuses deletes and believes in a layer that nothing needs.
        private func fill(_ command: String) async throws -> (StorageScene, RegistryDisk) {
            let scene = try await StorageScene()
            try scene.configure(
                grace: "1h",
                quarantine: "0s",
                registry: "afterSweep: [\(command)]"
            )
            try await scene.pushByHand("a/x:v1", [base])
            try await scene.delete("a/x", scene.pushByHand("a/x:v2", [base, gone]))
            try await scene.registry.restart { $0.deletes = false }
            let status = try await scene.blobStatus("a/x", Digest(hashing: gone.bytes))
            try #require(status == 200)
            let disk = RegistryDisk(scene.registry.storage)
            disk.age(by: 26 * 3_600)
            return (scene, disk)
        }

        // The command asks for a restart and waits for it, as `systemctl restart` does.
        @Test func aRestartMakesItForget() async throws {
            let folder = try TemporaryFolder()
            let script = try folder.write(
                """
                touch \(folder.file("wanted"))
                for i in $(seq 600); do
                    if [ -e \(folder.file("done")) ]; then exit 0; fi
                    sleep 0.05
                done
                exit 1
                """,
                to: "restart.sh"
            )
            let (scene, disk) = try await fill("/bin/sh, \(script)")
            let before = disk.bytes
            async let restart: Void = {
                try await eventually("afterSweep runs") {
                    FileManager.default.fileExists(atPath: folder.file("wanted"))
                }
                try await scene.registry.restart()
                try folder.write("", to: "done")
            }()
            let swept = try await scene.report("prune")
            try await restart
            #expect(swept.items.allSatisfy { $0.state == "quarantined" }, "\(swept)")
            #expect(!swept.note.contains("until the registry is restarted"), "\(swept.note)")
            #expect(try await scene.events("event=staleCache").isEmpty)

            _ = try await scene.run("prune")
            #expect(disk.quarantinedFiles.isEmpty)
            #expect(before - disk.bytes == swept.released)
            #expect(try await scene.reclaimed() == swept.released)
            try await scene.fetch("a/x:v1")
            try await scene.pushByHand("a/x:v2", [base, gone])
            try await scene.fetch("a/x:v2")
        }

        // A reload, or the restart of something else: the word of the command is not enough.
        @Test func aCommandThatRestartsNothingProvesNothing() async throws {
            let (scene, disk) = try await fill("/bin/true")
            let swept = try await scene.report("prune")
            #expect(swept.note.contains("until the registry is restarted"), "\(swept.note)")
            let complaint = try #require(try await scene.events("event=staleCache").last)
            #expect(complaint["why"]?.contains("still runs") == true, "\(complaint)")
            _ = try await scene.run("prune")
            #expect(!disk.quarantinedFiles.isEmpty)
            #expect(try await scene.reclaimed() == 0)
            // The registry still says that the layer is there, and so it has to come back.
            try await scene.pushByHand("a/x:v3", [base, gone])
            _ = try await scene.run("prune")
            try await scene.fetch("a/x:v3")
        }

        // A pipe that nobody reads holds 64 KiB.
        @Test func aCommandThatSaysALotComesToItsEnd() async throws {
            let (scene, _) = try await fill("sh, -c, head -c 300000 /dev/zero; exit 3")
            _ = try await scene.report("prune")
            let complaint = try #require(try await scene.events("event=staleCache").last)
            #expect(complaint["why"]?.contains("ended with status 3") == true, "\(complaint)")
        }

        // It has started something that goes on and holds its output.
        @Test func aCommandThatLeavesSomethingBehindComesToItsEnd() async throws {
            let (scene, _) = try await fill("sh, -c, sleep 100 & exit 3")
            _ = try await scene.report("prune")
            let complaint = try #require(try await scene.events("event=staleCache").last)
            #expect(complaint["why"]?.contains("ended with status 3") == true, "\(complaint)")
        }

        @Test func aCommandThatFailsIsSaid() async throws {
            let (scene, disk) = try await fill("/bin/false, now")
            _ = try await scene.report("prune")
            let complaint = try #require(try await scene.events("event=staleCache").last)
            #expect(complaint["why"]?.contains("/bin/false now ended with status 1") == true)
            #expect(!disk.quarantinedFiles.isEmpty)
        }
    }
}
