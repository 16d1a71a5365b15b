import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// What a failed push has left in the place of something that lies in quarantine.
    ///
    /// Distribution 2.8 writes a manifest straight into its place, and never again once there is a
    /// file.
    @Suite(.enabled(if: isPossible, missing)) struct DamagedInPlace {
        private let base = ImageFolder.Layer.random(9_000, seed: 161)
        private let own = ImageFolder.Layer.random(5_000, seed: 162)

        private func place(_ scene: StorageScene, _ digest: Digest, in run: String? = nil) -> URL {
            let hex = digest.encoded
            let root = scene.registry.storage + (run.map { "/lastpull-quarantine/\($0)" } ?? "")
            let blobs = "\(root)/docker/registry/v2/blobs/sha256"
            return URL(fileURLWithPath: "\(blobs)/\(hex.prefix(2))/\(hex)/data")
        }

        /// Writes in the place of what was taken.
        private func damage(_ scene: StorageScene, _ digest: Digest, _ bytes: Int) throws {
            let place = place(scene, digest)
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(count: bytes).write(to: place)
        }

        /// `a/x:v1` stays; all of `a/x:v2` is in quarantine, with its manifest, as nothing is
        /// remembered.
        private func fill(
            _ options: RealRegistry.Options = .init(accessLog: false, cache: false)
        ) async throws -> (scene: StorageScene, manifest: Digest, run: String) {
            let scene = try await StorageScene(options, quarantine: "1h")
            try await scene.pushByHand("a/x:v1", [base])
            let manifest = try await scene.pushByHand("a/x:v2", [base, own])
            try await scene.delete("a/x", manifest)
            RegistryDisk(scene.registry.storage).age(by: 26 * 3_600)
            let swept = try await scene.report("prune")
            #expect(swept.digests("blob").contains("\(manifest)"), "\(swept)")
            return (scene, manifest, swept.run)
        }

        // The push failed, and was accepted the second time: its manifest is there, as a name.
        @Test(arguments: [0, 100]) func isReplacedByARestore(bytes: Int) async throws {
            let (scene, manifest, run) = try await fill()
            try damage(scene, manifest, bytes)
            let result = try await scene.run("restore", run)
            #expect(result.status == 0, "\(result.output) \(result.errors)")
            #expect(result.output.contains("in place of a damaged file"), "\(result.output)")
            #expect(RegistryDisk(scene.registry.storage).quarantinedFiles.isEmpty)
            try await scene.pushByHand("a/x:v2", [base, own])
            try await scene.fetch("a/x:v2")
        }

        @Test func isReplacedByAPurgeThatFindsItNeeded() async throws {
            let (scene, manifest, _) = try await fill()
            try damage(scene, manifest, 0)
            try await scene.pushByHand("a/x:v2", [base, own])
            #expect(try await scene.registry.manifest("a/x", "v2").status != 200)
            try scene.configure(grace: "1h", quarantine: "0s")
            _ = try await scene.run("prune")
            try await scene.fetch("a/x:v2")
            try await scene.fetch("a/x:v1")
        }

        // Who pushes the layer next would be told that it is there.
        @Test func isReplacedByAPurgeThatFindsItNeededByNobody() async throws {
            let (scene, _, _) = try await fill()
            let layer = Digest(hashing: own.bytes)
            try damage(scene, layer, 10)
            try scene.configure(grace: "1h", quarantine: "0s")
            _ = try await scene.run("prune")
            // The good copy is as old as it was, so that it may go once more, and does for good then.
            let left = try? Data(contentsOf: place(scene, layer))
            #expect(left == nil || left == Data(own.bytes), "a damaged file is left")
            _ = try await scene.run("prune")
            #expect(!FileManager.default.fileExists(atPath: place(scene, layer).path))
            #expect(RegistryDisk(scene.registry.storage).quarantinedFiles.isEmpty)
            try await scene.fetch("a/x:v1")
        }

        // There is no good copy: who has the image has to push it again, and is told so.
        @Test func staysWithADamagedCopy() async throws {
            let (scene, _, run) = try await fill()
            let layer = Digest(hashing: own.bytes)
            try damage(scene, layer, 10)
            try Data(count: 20).write(to: place(scene, layer, in: run))
            let result = try await scene.run("restore", run)
            #expect(result.status == 2, "\(result.output) \(result.errors)")
            let line = result.output.split(separator: "\n").first { $0.contains("\(layer)") }
            #expect(line?.hasPrefix("failed") == true, "\(result.output)")
            #expect(line?.contains("push the image again") == true, "\(result.output)")
            #expect(try Data(contentsOf: place(scene, layer)).count == 10)
            #expect(try Data(contentsOf: place(scene, layer, in: run)).count == 20)
            let shown = try await scene.report("runs", run)
            let states = shown.items.filter { $0.digest == "\(layer)" }.map(\.state)
            #expect(states == ["quarantined"], "\(shown.items)")
        }
    }
}
