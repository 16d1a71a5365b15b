import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// `kill -9` at every step of a sweep: the next run ends it, and no image is the worse for it
    /// (design, section 5.11).
    @Suite(.enabled(if: isPossible, missing)) struct KilledSweeps {
        private let base = ImageFolder.Layer.random(20_000, seed: 11)
        private let own = (12...16).map { ImageFolder.Layer.random(5_000, seed: UInt64($0)) }

        /// Two images that stay and two that go; they share layers, also across repositories.
        ///
        /// The disk also has a link to nothing.
        private func fill(_ scene: StorageScene) async throws {
            try await scene.pushByHand("a/x:v1", [base, own[0]])
            let first = try await scene.pushByHand("a/x:v2", [base, own[1], own[2]])
            let second = try await scene.pushByHand("c:v1", [own[2], own[3]])
            try await scene.pushByHand("b:v1", [own[3], own[4]])
            try await scene.delete("a/x", first)
            try await scene.delete("c", second)
            let nothing = Digest(hashing: Array("nothing".utf8))
            try RegistryDisk(scene.registry.storage).write(
                Array(nothing.description.utf8),
                to: "repositories/b/_layers/sha256/\(nothing.encoded)/link"
            )
        }

        /// What stays pulls, and what went can be pushed again and pulls, too.
        private func checkImages(_ scene: StorageScene) async throws {
            for name in ["a/x:v1", "b:v1"] { try await scene.fetch(name) }
            try await scene.pushByHand("a/x:v2", [base, own[1], own[2]])
            try await scene.pushByHand("c:v1", [own[2], own[3]])
            for name in ["a/x:v1", "a/x:v2", "b:v1", "c:v1"] {
                try await scene.fetch(name)
            }
        }

        /// Runs a command that has to be killed at this point.
        private func kill(
            at point: String,
            _ scene: StorageScene,
            _ arguments: [String] = ["prune"]
        ) async throws {
            let result = try await Lastpull.run(
                arguments + ["--config", scene.configuration],
                environment: ["LASTPULL_KILL_AT": point]
            )
            try #require(result.status == 128 + 9, "\(point) was not reached: \(result.errors)")
        }

        /// Prunes until nothing is left to do, and compares what was said with what is gone.
        private func finish(_ scene: StorageScene, before: Int64, _ more: String...) async throws {
            let disk = RegistryDisk(scene.registry.storage)
            for _ in 1...3 {
                // What was put back has new links, which the grace protects.
                disk.age(by: 7_200)
                _ = try await Lastpull.run(["prune", "--config", scene.configuration] + more)
            }
            let last = try await scene.report("prune", "--dry-run")
            #expect(last.items.isEmpty, "\(last)")
            #expect(disk.quarantinedFiles.isEmpty)
            #expect(try await scene.reclaimed() == before - disk.bytes)
            let runs = try await scene.run("runs", "--json")
            #expect(!runs.output.contains(#""state":"running""#), "\(runs.output)")
        }

        // While the registry runs; its cache knows all of it.
        @Test(arguments: [
            "planned", "begun", "halfTaken", "taken", "lookedAgain", "dropping", "halfForgotten",
            "forgotten", "quarantined", "purgePlanned", "halfPurged", "purged",
        ])
        func besideACache(point: String) async throws {
            try await killAndFinish(at: point, hasCache: true)
        }

        // Without a cache links and the content of manifests are taken, too.
        @Test(arguments: ["halfTaken", "quarantined", "halfPurged"])
        func withoutACache(point: String) async throws {
            try await killAndFinish(at: point, hasCache: false)
        }

        private func killAndFinish(at point: String, hasCache: Bool) async throws {
            let scene = try await StorageScene(.init(accessLog: false, cache: hasCache))
            try await fill(scene)
            let disk = RegistryDisk(scene.registry.storage)
            disk.age(by: 7_200)
            let before = disk.bytes
            if point.lowercased().contains("purge") { try await scene.report("prune") }
            try await kill(at: point, scene)
            for name in ["a/x:v1", "b:v1"] { try await scene.fetch(name) }
            try await finish(scene, before: before)
            try await checkImages(scene)
        }

        /// A filled registry that is stopped, two hours later, and the bytes on its disk.
        private func stopped() async throws -> (StorageScene, RegistryDisk, before: Int64) {
            let scene = try await StorageScene()
            try await fill(scene)
            try await scene.registry.stop()
            let disk = RegistryDisk(scene.registry.storage)
            disk.age(by: 7_200)
            return (scene, disk, disk.bytes)
        }

        // At once, with the registry stopped: what is half gone is gone, and counted once.
        @Test func atOnce() async throws {
            let (scene, disk, before) = try await stopped()
            try await kill(at: "halfRemoved", scene, ["prune", "--now"])
            #expect(disk.bytes < before)
            try await finish(scene, before: before, "--now")
            // What the kill has left is released by the run that finds it, and by no other.
            #expect(try await scene.released() == before - disk.bytes)
            try await scene.registry.start()
            try await checkImages(scene)
        }

        // What made them manifests is gone, their content is left: the next run releases that.
        @Test func betweenManifestsAndTheirContent() async throws {
            let scene = try await StorageScene()
            try await fill(scene)
            try await scene.pushByHand("a/x:v1", [base, own[1]])
            try await scene.registry.stop()
            let disk = RegistryDisk(scene.registry.storage)
            disk.age(by: 7_200)
            let before = disk.bytes
            try await kill(at: "detached", scene, ["sweep", "--now"])
            #expect(disk.bytes < before)
            try await finish(scene, before: before, "--now")
            #expect(try await scene.released() == before - disk.bytes)
            try await scene.registry.start()
            try await scene.fetch("a/x:v1")
        }

        // A registry would go on listing a tag that has nothing but its folder.
        @Test func aTagAtOnce() async throws {
            let (scene, _, before) = try await stopped()
            let folder =
                "\(scene.registry.storage)/docker/registry/v2/repositories/a/x/_manifests/tags/v1"
            try await kill(at: "hollowed", scene, ["delete", "a/x:v1", "--now"])
            #expect(FileManager.default.fileExists(atPath: folder))
            try await finish(scene, before: before, "--now")
            #expect(!FileManager.default.fileExists(atPath: folder))
            try await scene.registry.start()
            try await scene.fetch("b:v1")
        }
    }
}
