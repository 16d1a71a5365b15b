import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// What can't be proven forgotten stays (design, section 5.8, point 4).
    @Suite(.enabled(if: isPossible, missing)) struct Doubts {
        private let base = ImageFolder.Layer.random(9_000, seed: 81)
        private let gone = ImageFolder.Layer.random(5_000, seed: 82)

        // A copy of the disk, or the address of another registry: the one that answers must lose
        // nothing of what only the copy does not need.
        @Test func anotherRegistryAtTheAddressLosesNothing() async throws {
            let live = try await RealRegistry.start(.init(accessLog: false))
            let scene = try await StorageScene()
            for registry in [live, scene.registry] {
                var folder = try ImageFolder()
                try folder.addImage(tag: "v1", layers: [base])
                try folder.addImage(tag: "v2", layers: [base, gone])
                try await Skopeo.push(folder, tag: "v1", to: "\(registry.host)/a/x:v1")
                try await Skopeo.push(folder, tag: "v2", to: "\(registry.host)/a/x:v2")
            }
            let digest = try #require(try await scene.registry.digest("a/x", "v2"))
            try await scene.delete("a/x", digest)
            try await scene.registry.stop()
            RegistryDisk(scene.registry.storage).age(by: 7_200)
            let result = try await Lastpull.run([
                "prune", "--storage", scene.registry.storage, "--url", live.url, "--ledger",
                scene.folder.file("other.sqlite"), "--json",
            ])
            #expect(result.status == 0, "\(result)")
            #expect(result.output.contains("until the registry is restarted"), "\(result)")
            try await Skopeo.pull("\(live.host)/a/x:v2")
            #expect(RegistryDisk(live.storage).quarantinedFiles.isEmpty)
        }

        // A repository that was removed by hand is still in the memory of the registry, and there is
        // none left that could be asked about its layers.
        @Test func whatNoRepositoryLinksWaitsForARestart() async throws {
            let scene = try await StorageScene()
            try await scene.pushByHand("a/x:v1", [base])
            try await scene.pushByHand("b/gone:v1", [gone])
            let disk = RegistryDisk(scene.registry.storage)
            let folder = "\(scene.registry.storage)/docker/registry/v2/repositories/b"
            try FileManager.default.removeItem(atPath: folder)
            disk.age(by: 7_200)
            for _ in 1...2 { try await scene.report("prune") }
            let hex = Digest(hashing: gone.bytes).encoded
            #expect(disk.quarantinedFiles.contains { $0.contains(hex) })
            #expect(try await scene.reclaimed() == 0)
            // The kernel tells a start to the second: one right after the sweep proves nothing.
            try await eventually("a restart proves it forgotten", within: .seconds(20)) {
                try await scene.registry.restart()
                try await scene.report("prune")
                return !disk.quarantinedFiles.contains { $0.contains(hex) }
            }
            // Its configuration stays: it may be a manifest, as far as one can see.
            #expect(try await scene.reclaimed() == Int64(gone.bytes.count))
            try await scene.fetch("a/x:v1")
        }
    }
}
