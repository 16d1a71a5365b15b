import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// A disk that is full to the last block, which is when people come (design, section 5.8), and a
    /// registry that runs on it and remembers what it has.
    @Suite(.enabled(if: isPossible && SmallDisk.isPossible, "needs root, docker-registry, skopeo"))
    struct FullDisk {
        enum Kind: String, CaseIterable {
            case ext4
            case ext4WithoutInodes
            case tmpfs
        }

        /// A scene whose registry lies on a disk of its own.
        private final class Place {
            let scene: StorageScene
            let disk: SmallDisk
            private let folder: TemporaryFolder

            init(_ kind: Kind, cache: Bool = true) async throws {
                folder = try TemporaryFolder()
                let place = folder.file("disk")
                try FileManager.default.createDirectory(
                    atPath: place,
                    withIntermediateDirectories: true
                )
                disk =
                    switch kind {
                    case .tmpfs: try SmallDisk(at: place, megabytes: 60)
                    case .ext4, .ext4WithoutInodes:
                        try await SmallDisk(at: place, ext4: folder.file("image"), megabytes: 60)
                    }
                scene = try await StorageScene(
                    .init(accessLog: false, cache: cache, root: "\(place)/registry")
                )
            }

            deinit { disk.unmount() }

            func fill(_ kind: Kind) throws {
                try disk.fillUp()
                if kind == .ext4WithoutInodes {
                    disk.freeBlocks()
                    disk.useUpInodes()
                }
            }
        }

        private let base = ImageFolder.Layer.random(9_000, seed: 141)
        private let gone = (0..<20).map { ImageFolder.Layer.random(50_000, seed: 150 + $0) }

        /// `a/x:v2` is gone, and the registry believes in its layers.
        private func fill(_ scene: StorageScene) async throws -> RegistryDisk {
            try await scene.pushByHand("a/x:v1", [base])
            try await scene.delete("a/x", scene.pushByHand("a/x:v2", [base] + gone))
            let status = try await scene.blobStatus("a/x", Digest(hashing: gone[0].bytes))
            try #require(status == 200)
            let disk = RegistryDisk(scene.registry.storage)
            disk.age(by: 26 * 3_600)
            return disk
        }

        private func isGone(_ scene: StorageScene) async throws {
            for layer in gone {
                let status = try await scene.blobStatus("a/x", Digest(hashing: layer.bytes))
                #expect(status == 404)
            }
        }

        // A sweep before has set aside what this one needs.
        @Test(arguments: Kind.allCases) func isFreed(_ kind: Kind) async throws {
            let place = try await Place(kind)
            let scene = place.scene
            try await scene.pushByHand("b:v1", [base])
            _ = try await scene.run("prune")
            let disk = try await fill(scene)
            try place.fill(kind)

            let swept = try await scene.report("prune")
            #expect(swept.digests("blob").count == gone.count + 1, "\(swept)")
            #expect(swept.items.allSatisfy { $0.state == "quarantined" }, "\(swept)")
            #expect(!swept.note.contains("until the registry is restarted"), "\(swept.note)")
            #expect(try await scene.events("event=staleCache").isEmpty)
            try await isGone(scene)
            _ = try await scene.run("prune")
            #expect(disk.quarantinedFiles.isEmpty)
            #expect(try await scene.reclaimed() == swept.released)

            place.disk.free()
            try await scene.fetch("a/x:v1")
            try await scene.pushByHand("a/x:v2", [base] + gone)
            try await scene.fetch("a/x:v2")
        }

        // Then the links are moved away, too, and need folders that nobody could foresee.
        @Test func isFreedWhereNothingIsRemembered() async throws {
            let place = try await Place(.ext4, cache: false)
            let scene = place.scene
            try await scene.pushByHand("b:v1", [base])
            _ = try await scene.run("prune")
            try await scene.pushByHand("a/x:v1", [base])
            try await scene.delete("a/x", scene.pushByHand("a/x:v2", [base] + gone))
            let disk = RegistryDisk(scene.registry.storage)
            disk.age(by: 26 * 3_600)
            let before = disk.bytes
            try place.fill(.ext4)
            let swept = try await scene.report("prune")
            #expect(swept.items.allSatisfy { $0.state == "quarantined" }, "\(swept.items)")
            _ = try await scene.run("prune")
            #expect(disk.quarantinedFiles.isEmpty)
            #expect(try await scene.reclaimed() == swept.released)
            #expect(before - disk.bytes == swept.released)
            place.disk.free()
            try await scene.fetch("a/x:v1")
        }

        // What was taken is asked for while there is still no room.
        @Test(arguments: Kind.allCases) func givesBackWhatIsAskedFor(_ kind: Kind) async throws {
            let place = try await Place(kind)
            let scene = place.scene
            try scene.configure(grace: "1h", quarantine: "1h")
            try await scene.pushByHand("b:v1", [base])
            _ = try await scene.run("prune")
            let disk = try await fill(scene)
            let (blobs, links) = (disk.blobs, disk.layerLinks)
            try place.fill(kind)
            let swept = try await scene.report("prune")
            #expect(disk.blobs.count == blobs.count - swept.items.count)
            #expect(!swept.note.contains("until the registry is restarted"), "\(swept.note)")

            let restored = try await scene.run("restore", swept.run)
            #expect(restored.status == 0, "\(restored.errors)")
            #expect(disk.blobs == blobs)
            #expect(disk.layerLinks == links)
            #expect(disk.quarantinedFiles.isEmpty)
        }

        // Nothing was set aside, but there is a stale upload: nothing remembers that.
        @Test(arguments: [Kind.ext4, .tmpfs]) func theFirstSweepTakesWhatNobodyRemembers(
            _ kind: Kind
        ) async throws {
            let place = try await Place(kind)
            let scene = place.scene
            let upload = "repositories/a/x/_uploads/00000000-0000-4000-8000-000000000001"
            let disk = RegistryDisk(scene.registry.storage)
            try disk.write([UInt8](repeating: 1, count: 200_000), to: "\(upload)/data")
            try disk.write(Array("2026-01-01T00:00:00Z".utf8), to: "\(upload)/startedat")
            _ = try await fill(scene)
            try place.fill(kind)

            let swept = try await scene.report("prune")
            let uploads = swept.items.filter { $0.kind == "upload" }
            #expect(uploads.map(\.state) == ["done"])
            #expect(swept.reclaimed == uploads.first?.bytes)
            let blobs = swept.items.filter { $0.kind == "blob" }
            #expect(!blobs.isEmpty && blobs.allSatisfy { $0.state == "quarantined" }, "\(blobs)")
            try await isGone(scene)
            _ = try await scene.run("prune")
            #expect(disk.quarantinedFiles.isEmpty)
            #expect(try await scene.reclaimed() == swept.released)
            try await scene.fetch("a/x:v1")
        }

        // There is nothing that could go without a proof, and no room for one: nothing is touched, and
        // the message says what helps. With the registry stopped no room is needed.
        @Test func withNothingToMakeRoomNothingIsTouched() async throws {
            let place = try await Place(.ext4)
            let scene = place.scene
            let disk = try await fill(scene)
            let before = disk.files(in: "docker").map(\.path).sorted()
            try place.fill(.ext4)
            let failed = try await scene.run("prune")
            #expect(failed.status == 1)
            #expect(failed.errors.contains("stop the registry"), "\(failed.errors)")
            #expect(disk.files(in: "docker").map(\.path).sorted() == before)

            try await scene.registry.stop()
            disk.age(by: 26 * 3_600)
            let swept = try await scene.report("prune", "--now")
            #expect(swept.reclaimed == swept.released && swept.reclaimed > 1_000_000, "\(swept)")
            place.disk.free()
            try await scene.registry.start()
            try await scene.fetch("a/x:v1")
        }
    }
}
