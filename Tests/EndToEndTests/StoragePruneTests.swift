import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// Prune by hand beside a registry that runs (design, sections 5.8 and 6.1).
    @Suite(.enabled(if: isPossible, missing)) struct WhileTheRegistryRuns {
        /// Layers that several images share, and one of its own for each.
        private let base = ImageFolder.Layer.random(40_000, seed: 1)
        private let own = (2...5).map { ImageFolder.Layer.random(10_000 * $0, seed: UInt64($0)) }

        /// `a/x:v1` stays; `a/x:v2` goes, and shares a layer with it and one with `b:v1`.
        private func fill(_ scene: StorageScene) async throws -> (gone: Digest, kept: [String]) {
            try await scene.push("a/x:v1", [base, own[0]])
            let gone = try await scene.push("a/x:v2", [base, own[1], own[2]])
            try await scene.push("b:v1", [own[2], own[3]])
            try await scene.delete("a/x", gone)
            return (gone, ["a/x:v1", "b:v1"])
        }

        private func pull(_ names: [String], _ scene: StorageScene) async throws {
            for name in names { try await Skopeo.pull(scene.image(name)) }
        }

        // What is foretold, what is said, and what is really gone from the disk are one number.
        @Test(arguments: [true, false])
        func foretellsAndFreesTheSameBytes(hasCache: Bool) async throws {
            let scene = try await StorageScene(.init(accessLog: false, cache: hasCache))
            let (_, kept) = try await fill(scene)
            let disk = RegistryDisk(scene.registry.storage)

            let young = try await scene.report("prune", "--dry-run")
            #expect(young.items.isEmpty, "all is younger than the grace")

            disk.age(by: 7_200)
            let before = disk.bytes
            let foretold = try await scene.report("prune", "--dry-run")
            let expected = [Digest(hashing: own[1].bytes)]
            #expect(foretold.digests("blob").isSuperset(of: expected.map(\.description)))
            #expect(!foretold.digests("blob").contains(Digest(hashing: base.bytes).description))
            #expect(!foretold.digests("blob").contains(Digest(hashing: own[2].bytes).description))
            #expect(disk.bytes == before, "a dry run touches nothing")

            let swept = try await scene.report("prune")
            #expect(swept.items.allSatisfy { $0.state == "quarantined" }, "\(swept)")
            #expect(swept.released == foretold.released)
            #expect(swept.reclaimed == 0)
            #expect(try await scene.blobStatus("a/x", expected[0]) == 404)
            try await pull(kept, scene)

            try await scene.report("prune")
            #expect(try await scene.reclaimed() == foretold.released)
            #expect(disk.quarantinedFiles.isEmpty)
            #expect(before - disk.bytes == foretold.released)
            try await pull(kept, scene)
        }

        // A registry that had not forgotten would take the push's word, and keep nothing.
        @Test(arguments: [true, false])
        func theSameImageCanBePushedAgain(isPurged: Bool) async throws {
            let scene = try await StorageScene()
            let (gone, kept) = try await fill(scene)
            RegistryDisk(scene.registry.storage).age(by: 7_200)
            try await scene.report("prune")
            if isPurged { try await scene.report("prune") }

            let again = try await scene.push("a/x:v2", [base, own[1], own[2]])
            #expect(again == gone)
            try await pull(kept + ["a/x:v2"], scene)
            // The next one purges, or finds that its copy is needed no more, and takes nothing.
            let next = try await scene.report("prune")
            #expect(next.items.isEmpty, "\(next)")
            #expect(RegistryDisk(scene.registry.storage).quarantinedFiles.isEmpty)
            try await pull(kept + ["a/x:v2"], scene)
        }

        // A thousand files are more than a process may hold open at once.
        @Test func freesMoreFilesThanAProcessMayOpen() async throws {
            let scene = try await StorageScene(.init(accessLog: false, cache: false))
            try await scene.push("a/x:v1", [base])
            let disk = RegistryDisk(scene.registry.storage)
            var expected: Int64 = 0
            for seed in 1...1_100 {
                let layer = ImageFolder.Layer.random(100, seed: 1_000 + UInt64(seed))
                let hex = Digest(hashing: layer.bytes).encoded
                try disk.write(layer.bytes, to: "blobs/sha256/\(hex.prefix(2))/\(hex)/data")
                expected += 100
            }
            disk.age(by: 7_200)
            let foretold = try await scene.report("prune", "--dry-run")
            #expect(foretold.released == expected)
            try await scene.report("prune")
            try await scene.report("prune")
            #expect(try await scene.reclaimed() == expected)
            #expect(disk.quarantinedFiles.isEmpty)
        }
    }
}
