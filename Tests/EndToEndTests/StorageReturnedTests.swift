import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// What `restore` says of what a sweep has in quarantine, and what comes of it.
    @Suite(.enabled(if: isPossible, missing)) struct Returned {
        private let base = ImageFolder.Layer.random(9_000, seed: 171)
        private let own = ImageFolder.Layer.random(5_000, seed: 172)

        /// `a/x:v1` stays, and `a/x:v2` is deleted over the API; nothing is remembered.
        private func fill(
            _ options: RealRegistry.Options = .init(accessLog: false, cache: false)
        ) async throws -> (scene: StorageScene, disk: RegistryDisk) {
            let scene = try await StorageScene(options, quarantine: "1h")
            try await scene.pushByHand("a/x:v1", [base])
            try await scene.delete("a/x", scene.pushByHand("a/x:v2", [base, own]))
            let disk = RegistryDisk(scene.registry.storage)
            disk.age(by: 26 * 3_600)
            return (scene, disk)
        }

        // Design, section 5.3: a restore counts as a push.
        @Test func isLeftByTheNextSweep() async throws {
            let (scene, disk) = try await fill()
            let before = disk.blobs
            let swept = try await scene.report("prune")
            #expect(!swept.items.isEmpty)
            let result = try await scene.run("restore", swept.run)
            #expect(result.status == 0, "\(result.output) \(result.errors)")
            #expect(disk.blobs == before)
            let next = try await scene.report("prune")
            #expect(next.items.isEmpty, "\(next)")
            #expect(next.keptReasons["youngerThanGrace"] == swept.digests("blob").count, "\(next)")
            #expect(disk.blobs == before)
        }

        // So no policy takes it within the day.
        @Test(arguments: [true, false]) func anImageIsAsFreshAsAPush(isTagged: Bool) async throws {
            let (scene, disk) = try await fill()
            let digest = try await scene.pushByHand("a/x:v2", [base, own])
            if !isTagged { try await scene.pushByHand("a/x:v2", [base]) }
            try await scene.registry.stop()
            disk.age(by: 26 * 3_600)
            let image = isTagged ? "a/x:v2" : "a/x@\(digest)"
            let taken = try await scene.reportOnDisk("delete", image)
            let result = try await scene.onDisk("restore", taken.run)
            #expect(result.status == 0, "\(result.output) \(result.errors)")
            let said = try await scene.onDisk("explain", image)
            #expect(said.output.contains("keeps  freshPush: "), "\(said.output)")
        }

        // No daemon listens, and the cache answers for layers that are in quarantine.
        @Test func anImageComesBackWholeInSpiteOfACache() async throws {
            let scene = try await StorageScene(quarantine: "1h")
            // A process more, with a cache of its own: nothing is proven forgotten.
            let other = try await RealRegistry.start(
                .init(accessLog: false, root: scene.registry.storage)
            )
            try await scene.pushByHand("a/x:v1", [base])
            try await scene.pushByHand("a/x:v2", [base, own])
            let deleted = try await scene.run("delete", "a/x:v2")
            #expect(deleted.status == 0, "\(deleted.output) \(deleted.errors)")
            let disk = RegistryDisk(scene.registry.storage)
            disk.age(by: 26 * 3_600)
            let swept = try await scene.report("prune")
            let layer = Digest(hashing: own.bytes)
            #expect(swept.digests("blob").contains("\(layer)"), "\(swept)")
            #expect(try await scene.blobStatus("a/x", layer) == 200)
            let result = try await scene.run("restore", "a/x:v2")
            #expect(result.status == 0, "\(result.output) \(result.errors)")
            #expect(disk.blobs.contains(layer))
            try await scene.fetch("a/x:v2")
            try await scene.registry.restart()
            try await scene.fetch("a/x:v2")
            try await other.stop()
        }
    }
}
