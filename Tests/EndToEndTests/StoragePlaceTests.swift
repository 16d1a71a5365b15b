import Foundation
import Glibc
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// Where the storage lies: another one than before, or spread over file systems.
    @Suite(.enabled(if: isPossible, missing)) struct Places {
        private let base = ImageFolder.Layer.random(9_000, seed: 191)
        private let gone = ImageFolder.Layer.random(5_000, seed: 192)

        /// `a/x:v2` is gone, nobody runs on the disk, and what it left is in quarantine.
        private func sweep() async throws -> (StorageScene, StorageReport) {
            let scene = try await StorageScene()
            try await scene.pushByHand("a/x:v1", [base])
            try await scene.delete("a/x", scene.pushByHand("a/x:v2", [base, gone]))
            try await scene.registry.stop()
            RegistryDisk(scene.registry.storage).age(by: 26 * 3_600)
            let swept = try await scene.report("prune")
            #expect(swept.items.allSatisfy { $0.state == "quarantined" }, "\(swept)")
            return (scene, swept)
        }

        private func configure(_ scene: StorageScene, storage: String) throws {
            let text = scene.folder.text(of: "lastpull.yaml")
                .replacing(/storage: .*/, with: "storage: \(storage)")
            try scene.folder.write(text, to: "lastpull.yaml")
        }

        private func other() throws -> TemporaryFolder {
            let folder = try TemporaryFolder()
            let registry = RegistryDisk(folder.path)
            try registry.write([], to: "blobs/none")
            try registry.write([], to: "repositories/none")
            return folder
        }

        @Test func whatLiesOnAnotherStorageStaysOpen() async throws {
            let (scene, swept) = try await sweep()
            let disk = RegistryDisk(scene.registry.storage)
            let taken = disk.quarantinedFiles
            let other = try other()
            try configure(scene, storage: other.path)
            for _ in 0..<2 { _ = try await scene.run("prune") }
            #expect(try await scene.reclaimed() == 0)
            #expect(disk.quarantinedFiles == taken)
            let said = try await scene.events("event=otherStorage")
            #expect(said.count == 1)
            #expect(said.first?["why"]?.contains(scene.registry.storage) == true)
            let restored = try await scene.run("restore", swept.run)
            #expect(restored.status == 1)
            #expect(restored.errors.contains("name that as the storage"), "\(restored.errors)")
            #expect(try await scene.run("check").output.contains("name that as the storage"))

            try configure(scene, storage: scene.registry.storage)
            _ = try await scene.run("prune")
            #expect(try await scene.reclaimed() == swept.released)
            #expect(disk.quarantinedFiles.isEmpty)
            #expect(try await scene.events("event=otherStorageEnded").count == 1)
        }

        // The disk was replaced by a larger one, and all of it copied.
        @Test func aStorageThatWasMovedIsStillTheSame() async throws {
            let (scene, swept) = try await sweep()
            let folder = try TemporaryFolder()
            let copy = try await Command.run(
                "/bin/cp",
                ["-a", scene.registry.storage, folder.file("copy")]
            )
            try #require(copy.status == 0)
            try configure(scene, storage: folder.file("copy"))
            _ = try await scene.run("prune")
            #expect(try await scene.reclaimed() == swept.released)
            #expect(try await scene.events("event=otherStorage").isEmpty)
        }

        // The settings call it otherwise now: what was taken before is its own all the same.
        @Test func whatWasTakenUnderAnotherNameIsPurged() async throws {
            let (scene, swept) = try await sweep()
            try rename(scene)
            let said = try await scene.run("check").output
            #expect(said.contains("was taken when the registry was called local"), "\(said)")
            #expect(said.contains("`lastpull restore \(swept.run)` puts it back"), "\(said)")
            #expect(try await scene.reclaimed() == 0)
            _ = try await scene.run("prune")
            #expect(try await scene.reclaimed() == swept.released)
            #expect(RegistryDisk(scene.registry.storage).quarantinedFiles.isEmpty)
            #expect(try await scene.run("check").output.contains("nothing is in quarantine"))
        }

        @Test func whatWasTakenUnderAnotherNameIsPutBack() async throws {
            let (scene, swept) = try await sweep()
            try rename(scene)
            let restored = try await scene.run("restore", swept.run)
            #expect(restored.status == 0, "\(restored)")
            #expect(RegistryDisk(scene.registry.storage).quarantinedFiles.isEmpty)
            #expect(try await scene.run("check").output.contains("nothing is in quarantine"))
        }

        @Test func whatWasTakenUnderAnotherNameIsTheDaemonsFromItsStart() async throws {
            let (scene, _) = try await sweep()
            try rename(scene)
            let text = scene.folder.text(of: "lastpull.yaml")
            try scene.folder.write(
                "listen: 127.0.0.1:\(try LoopbackPort.free())\n" + text,
                to: "lastpull.yaml"
            )
            let daemon = try ChildProcess(
                Lastpull.binary,
                ["serve", "--config", scene.configuration],
                errors: scene.folder.file("serve.err")
            )
            try await eventually("it is taken over") {
                try daemon.checkIsRunning()
                return scene.folder.text(of: "serve.err").contains("took over what a registry of")
            }
            try await daemon.terminate()
            let said = try await scene.run("check").output
            #expect(!said.contains("was taken when the registry was called"), "\(said)")
        }

        // A registry of the settings is asked about its own.
        @Test func whatAnotherRegistryTookStaysWithThat() async throws {
            let (scene, _) = try await sweep()
            let taken = RegistryDisk(scene.registry.storage).quarantinedFiles
            try rename(scene)
            let other = try other()
            let text = scene.folder.text(of: "lastpull.yaml")
            try scene.folder.write(
                text + "  - { name: local, url: 'http://127.0.0.1:9', storage: \(other.path) }\n",
                to: "lastpull.yaml"
            )
            _ = try await scene.run("prune", "--registry", "renamed")
            #expect(RegistryDisk(scene.registry.storage).quarantinedFiles == taken)
            let said = try await scene.run("check").output
            #expect(said.contains("was taken from registry local"), "\(said)")
        }

        // Without a settings file nobody knows which names there are.
        @Test func whatWasTakenStaysWithItsRegistryOnTheDiskAlone() async throws {
            let (scene, _) = try await sweep()
            let taken = RegistryDisk(scene.registry.storage).quarantinedFiles
            let ledger = scene.folder.file("ledger.sqlite")
            let pruned = try await Lastpull.run(
                ["prune", "--storage", scene.registry.storage, "--ledger", ledger]
            )
            #expect(pruned.status == 0, "\(pruned)")
            #expect(RegistryDisk(scene.registry.storage).quarantinedFiles == taken)
            let said = try await scene.run("check").output
            #expect(!said.contains("was taken"), "\(said)")
        }

        private func rename(_ scene: StorageScene) throws {
            let text = scene.folder.text(of: "lastpull.yaml")
                .replacing("name: local", with: "name: renamed")
            try scene.folder.write(text, to: "lastpull.yaml")
        }

        // Somebody removed the quarantine by hand: there is nothing to wait for.
        @Test func whatWasRemovedByHandIsOver() async throws {
            let (scene, _) = try await sweep()
            try FileManager.default.removeItem(
                atPath: "\(scene.registry.storage)/lastpull-quarantine"
            )
            _ = try await scene.run("prune")
            #expect(try await scene.reclaimed() == 0)
            #expect(try await scene.run("check").output.contains("nothing is in quarantine"))
        }

        // Nothing is renamed from one file system to another: that is known before.
        @Test(.enabled(if: SmallDisk.isPossible)) func blobsOnADiskOfTheirOwnAreRefused()
            async throws
        {
            let scene = try await StorageScene()
            try await scene.pushByHand("a/x:v1", [base])
            try await scene.delete("a/x", scene.pushByHand("a/x:v2", [base, gone]))
            try await scene.registry.stop()
            RegistryDisk(scene.registry.storage).age(by: 26 * 3_600)
            // Mounted over the folder, as somebody does who adds a disk for what is large.
            let blobs = "\(scene.registry.storage)/docker/registry/v2/blobs"
            let old = try TemporaryFolder()
            _ = try await Command.run("/bin/cp", ["-a", "\(blobs)/.", old.path])
            let disk = try SmallDisk(at: blobs, megabytes: 20)
            defer { disk.unmount() }
            _ = try await Command.run("/bin/cp", ["-a", "\(old.path)/.", blobs])
            try await scene.registry.start()
            let hex = Digest(hashing: gone.bytes).encoded
            let data = "\(blobs)/sha256/\(hex.prefix(2))/\(hex)/data"
            let checked = try await scene.run("check")
            #expect(checked.output.contains("blobs is on another file system"), "\(checked.output)")
            let refused = try await scene.run("prune")
            #expect(refused.status == 1)
            #expect(refused.errors.contains("mount the whole root as one"), "\(refused.errors)")
            #expect(FileManager.default.fileExists(atPath: data))

            try await scene.registry.stop()
            let swept = try await scene.report("prune", "--now")
            #expect(swept.reclaimed == swept.released && swept.reclaimed > 5_000)
            #expect(!FileManager.default.fileExists(atPath: data))
        }
    }
}
