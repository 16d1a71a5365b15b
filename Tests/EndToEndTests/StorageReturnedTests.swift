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

        // Taken from the disk while the registry was stopped, and pushed with other content since.
        @Test func aTagThatWasPushedAgainIsNot() async throws {
            let scene = try await StorageScene(.init(accessLog: false, cache: false))
            let old = try await scene.pushByHand("a/x:v1", [base, own])
            try await scene.registry.stop()
            RegistryDisk(scene.registry.storage).age(by: 26 * 3_600)
            let taken = try await scene.reportOnDisk("delete", "a/x:v1")
            try await scene.registry.start()
            let new = try await scene.pushByHand("a/x:v1", [base])
            let result = try await scene.onDisk("restore", taken.run)
            #expect(result.status == 2, "\(result.output) \(result.errors)")
            let line = result.output.split(separator: "\n").first { $0.contains("a/x v1 ") }
            #expect(line?.hasPrefix("skipped") == true, "\(result.output)")
            #expect(line?.contains("points to \(new) now") == true, "\(result.output)")
            let link = "docker/registry/v2/repositories/a/x/_manifests/tags/v1/current/link"
            let root = scene.registry.storage
            let held = "\(root)/lastpull-quarantine/\(taken.run)/\(link)"
            #expect(try String(contentsOfFile: held, encoding: .utf8) == "\(old)")
            #expect(try String(contentsOfFile: "\(root)/\(link)", encoding: .utf8) == "\(new)")
            try await scene.fetch("a/x:v1")
        }

        @Test func whatIsMissingFromTheQuarantineIsSaid() async throws {
            let (scene, disk) = try await fill()
            let swept = try await scene.report("prune")
            let layer = Digest(hashing: own.bytes)
            let data = disk.quarantinedFiles.first { $0.contains("/\(layer.encoded)/data") }
            try FileManager.default.removeItem(
                atPath: "\(scene.registry.storage)/\(try #require(data))"
            )
            let result = try await scene.run("restore", swept.run)
            #expect(result.status == 2, "\(result.output) \(result.errors)")
            let failed = result.output.split(separator: "\n").filter { $0.hasPrefix("failed") }
            #expect(failed.count == 1, "\(result.output)")
            #expect(failed.first?.contains("\(layer): it is neither in") == true, "\(failed)")
            let shown = try await scene.report("runs", swept.run)
            let states = shown.items.filter { $0.digest == "\(layer)" }.map(\.state)
            #expect(states == ["failed"], "\(shown.items)")
        }

        // The list of runs is what one looks at in the morning.
        @Test func theRunSaysNoMoreThatItHoldsSomething() async throws {
            let (scene, _) = try await fill()
            let swept = try await scene.report("prune")
            #expect(swept.note.contains("in quarantine for at least 1h"), "\(swept.note)")
            _ = try await scene.run("restore", swept.run)
            let runs = try await scene.run("runs")
            #expect(runs.output.contains(swept.run))
            #expect(!runs.output.contains("in quarantine"), "\(runs.output)")
        }

        // Another ledger knows nothing of the quarantine but what lies there.
        @Test func linksAreSparedWhoseContentAnotherLedgersRunHolds() async throws {
            let (scene, disk) = try await fill(.init(accessLog: false))
            try await scene.registry.restart { $0.deletes = false }
            let status = try await scene.blobStatus("a/x", Digest(hashing: own.bytes))
            try #require(status == 200)
            let before = disk.layerLinks
            let swept = try await scene.report("prune")
            #expect(swept.note.contains("until the registry is restarted"), "\(swept.note)")
            try #require(disk.layerLinks == before)
            try await scene.registry.stop()
            _ = try await scene.reportOnDisk("prune", "--now", "--force")
            #expect(disk.layerLinks == before)
            let result = try await scene.run("restore", swept.run)
            #expect(result.status == 0, "\(result.output) \(result.errors)")
            #expect(disk.blobs.contains(Digest(hashing: own.bytes)))
            #expect(disk.layerLinks == before)
        }
    }
}
