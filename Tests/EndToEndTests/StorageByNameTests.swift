import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// Images removed by name, straight from the disk (design, section 6.1).
    @Suite(.enabled(if: isPossible, missing)) struct ByName {
        private let layers = (71...75).map { ImageFolder.Layer.random(6_000, seed: UInt64($0)) }

        private func digest(_ layer: Int) -> Digest { Digest(hashing: layers[layer].bytes) }

        /// `a/x:v1` stays; `a/x:v2` and `b:v1` share a layer with each other and one with it.
        private func fill() async throws -> (StorageScene, RegistryDisk) {
            let scene = try await StorageScene()
            try await scene.pushByHand("a/x:v1", [layers[0], layers[1]])
            try await scene.pushByHand("a/x:v2", [layers[0], layers[2]])
            try await scene.pushByHand("b:v1", [layers[2], layers[3]])
            try await scene.registry.stop()
            let disk = RegistryDisk(scene.registry.storage)
            disk.age(by: 7_200)
            return (scene, disk)
        }

        // One layer goes only because both images go.
        @Test func severalGoWithWhatOnlyTheyShare() async throws {
            let (scene, disk) = try await fill()
            let before = disk.bytes
            let images = ["a/x:v2", "b:v1"]
            let foretold = try await scene.reportOnDisk(["delete", "--dry-run", "--now"] + images)
            #expect(disk.bytes == before)
            let swept = try await scene.reportOnDisk(["delete", "--now"] + images)

            #expect(swept.digests("blob").isSuperset(of: ["\(digest(2))", "\(digest(3))"]))
            #expect(swept.reclaimed == foretold.released)
            #expect(before - disk.bytes == foretold.released)
            #expect(disk.quarantinedFiles.isEmpty)
            try await scene.registry.start()
            #expect(try await scene.registry.tags("a/x") == ["v1"])
            #expect(try await scene.registry.tags("b").isEmpty)
            try await scene.fetch("a/x:v1")
            for image in images {
                await #expect(throws: HarnessError.self) { try await scene.fetch(image) }
            }
            try await scene.pushByHand("a/x:v2", [layers[0], layers[2]])
            try await scene.fetch("a/x:v2")
        }

        // The first image is there and could go; nothing is touched for all that.
        @Test func refusesBeforeItTouchesAnything() async throws {
            let (scene, disk) = try await fill()
            let before = disk.files(in: "").map(\.path).sorted()
            let refusals: [(image: String, status: Int32, says: String)] = [
                ("b:in valid", 64, "b:in valid"), ("B/x:v1", 64, "B/x:v1"),
                ("../../etc:v1", 64, "../../etc:v1"), ("b@sha256:12", 64, "b@sha256:12"),
                ("b", 64, "--yes"), ("b:v9", 1, "b:v9"), ("nowhere:v1", 1, "nowhere:v1"),
            ]
            for (image, status, says) in refusals {
                let result = try await scene.onDisk("delete", "--now", "a/x:v2", image)
                #expect(result.status == status, "\(image): \(result.errors)")
                #expect(result.errors.contains(says), "\(result.errors)")
            }
            #expect(disk.files(in: "docker").map(\.path).sorted() == before)
        }

        @Test func aWholeRepositoryGoesWithItsFolders() async throws {
            let (scene, disk) = try await fill()
            let gone = try await scene.reportOnDisk(["delete", "--now", "--yes", "a/x"])
            #expect(gone.state == "done")
            #expect(disk.files(in: "docker/registry/v2/repositories/a").isEmpty)
            #expect(
                !FileManager.default.fileExists(
                    atPath: "\(scene.registry.storage)/docker/registry/v2/repositories/a/x"
                )
            )
            try await scene.registry.start()
            try await scene.fetch("b:v1")
            try await scene.pushByHand("a/x:v1", [layers[0], layers[1]])
            try await scene.fetch("a/x:v1")
        }

        // Others need one of its layers, and its own link to that goes all the same; and comes back.
        @Test func aRepositoryThatSharesLayersGoesWholeThroughTheQuarantine() async throws {
            let (scene, disk) = try await fill()
            let (links, before) = (disk.layerLinks, disk.bytes)
            let gone = try await scene.reportOnDisk(["delete", "--yes", "b"])
            #expect(gone.state == "done")
            #expect(gone.items.allSatisfy { $0.state == "quarantined" }, "\(gone.items)")
            let shared = gone.items.filter { $0.reason == "sharedLayer" }
            #expect(shared.map(\.digest) == ["\(digest(2))"])
            #expect(disk.files(in: "docker/registry/v2/repositories/b").isEmpty)

            let back = try await scene.onDisk("restore", gone.run)
            #expect(back.status == 0, "\(back.errors)")
            #expect(disk.layerLinks == links)
            try await scene.registry.start()
            for image in ["a/x:v1", "a/x:v2", "b:v1"] { try await scene.fetch(image) }

            try await scene.registry.stop()
            disk.age(by: 7_200)
            _ = try await scene.report("delete", "--yes", "b")
            let purged = try await scene.report("prune")
            #expect(purged.reclaimed == gone.released)
            #expect(before - disk.bytes == gone.released)
            #expect(disk.files(in: "docker/registry/v2/repositories/b").isEmpty)
            try await scene.registry.start()
            for image in ["a/x:v1", "a/x:v2"] { try await scene.fetch(image) }
            try await scene.pushByHand("b:v1", [layers[2], layers[3]])
            try await scene.fetch("b:v1")
        }

        // The registry believes in the link until it is restarted, so it stays until then.
        @Test func aSharedLayersLinkWaitsForARegistryThatRemembers() async throws {
            let (scene, disk) = try await fill()
            try await scene.registry.start()
            let nowhere = "http://127.0.0.1:\(try LoopbackPort.free())"
            try scene.configure(grace: "1h", quarantine: "0s", url: nowhere)
            for layer in [2, 3] {
                #expect(try await scene.blobStatus("b", digest(layer)) == 200)
            }
            _ = try await scene.report("delete", "--yes", "b")
            #expect(disk.layerLinks.contains("b \(digest(2))"))
            _ = try await scene.run("prune")
            #expect(disk.layerLinks.contains("b \(digest(2))"))
            try await scene.registry.restart()
            _ = try await scene.run("prune")
            #expect(!disk.layerLinks.contains { $0.hasPrefix("b ") }, "\(disk.layerLinks)")
            try await scene.fetch("a/x:v2")
        }

        // Somebody pushes it anew while its link is about to go.
        @Test func aSharedLayersLinkComesBackForAPushToItsRepository() async throws {
            let (scene, _) = try await fill()
            let result = try await scene.run(
                ["delete", "--yes", "b"],
                holdingAt: "taken",
                onDisk: true
            ) { _ in
                try await scene.registry.start()
                try await scene.pushByHand("b:v2", [layers[2]])
            }
            #expect(result.status == 0 || result.status == 2, "\(result)")
            try await scene.registry.restart()
            try await scene.fetch("b:v2")
            try await scene.fetch("a/x:v2")
        }

        // The index needs its child, whatever is asked.
        @Test func structureProtects() async throws {
            let scene = try await StorageScene()
            var folder = try ImageFolder()
            let (_, children) = try folder.addMultiPlatformImage(tag: "one") { platform in
                [platform == .amd64 ? layers[0] : layers[1]]
            }
            try await Skopeo.push(folder, tag: "one", to: scene.image("m:v1"))
            try await scene.registry.stop()
            let disk = RegistryDisk(scene.registry.storage)
            disk.age(by: 7_200)
            let before = disk.blobs
            let refused = try await scene.onDisk("delete", "--now", "m@\(children[0])")
            #expect(refused.status == 1)
            #expect(refused.errors.contains("structure protects it"), "\(refused.errors)")
            #expect(disk.blobs == before)
            let gone = try await scene.reportOnDisk(["delete", "--now", "m:v1"])
            #expect(gone.state == "done")
            #expect(disk.blobs.isEmpty)
        }
    }
}
