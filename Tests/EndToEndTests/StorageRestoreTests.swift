import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// Images put back by their names, while a sweep of the disk has what they need in quarantine.
    @Suite(.enabled(if: isPossible, missing)) struct RestoredByName {
        private let base = ImageFolder.Layer.random(9_000, seed: 95)
        private let own = ImageFolder.Layer.random(5_000, seed: 96)

        private func scene() async throws -> (StorageScene, RegistryDisk) {
            let scene = try await StorageScene(quarantine: "1h")
            try await scene.pushByHand("a/x:v1", [base])
            return (scene, RegistryDisk(scene.registry.storage))
        }

        // Deleted over the API first; its layers went with the next sweep.
        @Test func aTagWhoseLayersAreSwept() async throws {
            let (scene, disk) = try await scene()
            try await scene.pushByHand("a/x:v2", [base, own])
            let deleted = try await scene.run("delete", "a/x:v2")
            #expect(deleted.status == 0, "\(deleted.output) \(deleted.errors)")
            disk.age(by: 26 * 3_600)
            let swept = try await scene.report("prune")
            #expect(swept.digests("blob").contains("\(Digest(hashing: own.bytes))"), "\(swept)")
            let result = try await scene.run("restore", "a/x:v2")
            #expect(result.status == 0, "\(result.output) \(result.errors)")
            try await scene.fetch("a/x:v2")
            try await scene.registry.restart()
            try await scene.fetch("a/x:v2")
            try await scene.fetch("a/x:v1")
        }

        // Nobody runs who could remember it, so the manifest itself goes to quarantine, too.
        @Test func anUntaggedManifestByItsDigest() async throws {
            let (scene, disk) = try await scene()
            let untagged = try await scene.pushByHand("a/x:v2", [base, own])
            try await scene.pushByHand("a/x:v2", [base])
            try await scene.registry.stop()
            disk.age(by: 26 * 3_600)
            let before = disk.files(in: "docker").map(\.path).sorted()
            let deleted = try await scene.reportOnDisk("delete", "a/x@\(untagged)")
            #expect(deleted.digests("manifest").contains("\(untagged)"), "\(deleted)")
            #expect(!disk.blobs.contains(untagged))
            let result = try await scene.onDisk("restore", "a/x@\(untagged)")
            #expect(result.status == 0, "\(result.output) \(result.errors)")
            #expect(disk.files(in: "docker").map(\.path).sorted() == before)
            try await scene.registry.start()
            try await scene.fetch("a/x@\(untagged)")
        }

        // Taken from the disk of a registry that is stopped, without settings.
        @Test func aTagThatWasTakenFromTheDisk() async throws {
            let (scene, disk) = try await scene()
            try await scene.pushByHand("a/x:v2", [base, own])
            try await scene.registry.stop()
            disk.age(by: 26 * 3_600)
            let before = disk.files(in: "docker").map(\.path).sorted()
            let deleted = try await scene.reportOnDisk("delete", "a/x:v2")
            #expect(deleted.items.contains { $0.kind == "tag" && $0.state == "quarantined" })
            let result = try await scene.onDisk("restore", "a/x:v2")
            #expect(result.status == 0, "\(result.output) \(result.errors)")
            #expect(disk.files(in: "docker").map(\.path).sorted() == before)
            let again = try await scene.onDisk("restore", "a/x:v2")
            #expect(again.status == 1, "\(again.output)")
            try await scene.registry.start()
            try await scene.fetch("a/x:v2")
        }
    }
}
