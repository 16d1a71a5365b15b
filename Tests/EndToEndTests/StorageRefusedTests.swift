import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// A registry with a cache that refuses deletes can't be made to forget (design, section 5.8,
    /// points 4 and 5).
    @Suite(.enabled(if: isPossible, missing)) struct RefusedDeletes {
        private let base = ImageFolder.Layer.random(9_000, seed: 81)
        private let gone = ImageFolder.Layer.random(5_000, seed: 82)

        /// `a/x:v2` is gone, and the registry believes in its layer.
        private func fill() async throws -> (StorageScene, RegistryDisk) {
            let scene = try await StorageScene()
            try await scene.pushByHand("a/x:v1", [base])
            try await scene.delete("a/x", scene.pushByHand("a/x:v2", [base, gone]))
            try await scene.registry.restart { $0.deletes = false }
            let status = try await scene.blobStatus("a/x", Digest(hashing: gone.bytes))
            try #require(status == 200)
            let disk = RegistryDisk(scene.registry.storage)
            disk.age(by: 26 * 3_600)
            return (scene, disk)
        }

        /// The sweep that takes it; it is not believed to be forgotten.
        private func sweep(_ scene: StorageScene) async throws -> StorageReport {
            let swept = try await scene.report("prune")
            #expect(swept.digests("blob").contains(Digest(hashing: gone.bytes).description))
            #expect(swept.items.allSatisfy { $0.state == "quarantined" }, "\(swept)")
            #expect(swept.note.contains("until the registry is restarted"), "\(swept.note)")
            let complaint = try #require(try await scene.events("event=staleCache").last)
            #expect(complaint["items"] == "\(swept.items.count)")
            return swept
        }

        @Test func itStaysInQuarantineUntilARestart() async throws {
            let (scene, disk) = try await fill()
            let before = disk.bytes
            let foretold = try await scene.report("prune", "--dry-run")
            let swept = try await sweep(scene)
            #expect(swept.released == foretold.released)
            _ = try await scene.run("prune")
            #expect(try await scene.reclaimed() == 0)
            #expect(!disk.quarantinedFiles.isEmpty)
            // Whoever pushes now is told that the layer is there. So it has to come back.
            try await scene.pushByHand("a/x:v3", [base, gone])
            _ = try await scene.run("prune")
            try await scene.fetch("a/x:v3")
            try await scene.fetch("a/x:v1")
            #expect(before > 0)
        }

        // It goes on until somebody does something about it: said once, and when it is over.
        @Test func aStandingConditionIsSaidOnce() async throws {
            let (scene, disk) = try await fill()
            let first = try await sweep(scene)
            for _ in 0..<2 {
                let next = try await scene.report("prune")
                #expect(next.items.isEmpty && next.released == 0, "\(next.items)")
            }
            #expect(try await scene.events("event=staleCache").count == 1)
            #expect(try await scene.events("event=staleCacheEnded").isEmpty)
            // More of the same is no news, and another reason is.
            try await scene.registry.restart { $0.deletes = true }
            let more = ImageFolder.Layer.random(7_000, seed: 83)
            try await scene.delete("a/x", scene.pushByHand("a/x:v4", [base, more]))
            disk.age(by: 26 * 3_600)
            _ = try await scene.run("prune")
            _ = try await scene.run("prune")
            #expect(disk.quarantinedFiles.isEmpty)
            #expect(try await scene.events("event=staleCache").count == 1)
            #expect(try await scene.events("event=staleCacheEnded").count == 1)
            #expect(try await scene.reclaimed() > first.released)
        }

        @Test func aRestartProvesThatItIsForgotten() async throws {
            let (scene, disk) = try await fill()
            let before = disk.bytes
            let swept = try await sweep(scene)
            try await scene.registry.restart()
            _ = try await scene.run("prune")
            #expect(disk.quarantinedFiles.isEmpty)
            #expect(try await scene.reclaimed() == swept.released)
            #expect(before - disk.bytes == swept.released)
            try await scene.fetch("a/x:v1")
            try await scene.pushByHand("a/x:v2", [base, gone])
            try await scene.fetch("a/x:v2")
        }

        // The purge removes the links that no registry was made to drop. One that a push writes at
        // that moment is the push's own.
        @Test func aPushDuringThePurgeKeepsItsLinks() async throws {
            let (scene, disk) = try await fill()
            _ = try await sweep(scene)
            try await scene.registry.restart()
            _ = try await scene.run(["prune"], holdingAt: "purgePlanned") { _ in
                try await scene.pushByHand("a/x:v2", [base, gone])
            }
            #expect(disk.quarantinedFiles.isEmpty)
            try await scene.fetch("a/x:v2")
            // No cache hides a link that is missing.
            try await scene.registry.restart()
            try await scene.fetch("a/x:v2")
        }
    }
}
