import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// A registry that is started while a sweep at once removes files.
    @Suite(.enabled(if: isPossible, missing)) struct StartedMeanwhile {
        private let base = ImageFolder.Layer.random(8_000, seed: 301)
        private let own = (302...321).map { ImageFolder.Layer.random(3_000, seed: UInt64($0)) }

        /// `a/x:v2` is to be removed, among blobs enough for more than one batch.
        private func fill() async throws -> (scene: StorageScene, disk: RegistryDisk) {
            let scene = try await StorageScene()
            try await scene.pushByHand("a/x:v1", [base])
            try await scene.delete("a/x", scene.pushByHand("a/x:v2", [base] + own))
            let disk = RegistryDisk(scene.registry.storage)
            for number in 0..<700 {
                let bytes = Array("garbage \(number)".utf8)
                let hex = Digest(hashing: bytes).encoded
                try disk.write(bytes, to: "blobs/sha256/\(hex.prefix(2))/\(hex)/data")
            }
            try await scene.registry.stop()
            disk.age(by: 26 * 3_600)
            return (scene, disk)
        }

        // The client is told that each layer is there, and the registry takes its manifest.
        @Test func whatItTookForThereIsSavedOrNamed() async throws {
            let (scene, disk) = try await fill()
            let layers = [base] + own
            let result = try await scene.run(
                ["prune", "--now", "--json"],
                holdingAt: "hollowed"
            ) { _ in
                try await scene.registry.start()
                try await scene.pushByHand("a/x:v2", layers)
            }
            let report = try StorageReport(result, status: 1, #_sourceLocation)
            #expect(report.state == "failed")

            let lost = Set(layers.map { Digest(hashing: $0.bytes) }).subtracting(disk.blobs)
            // The first batch has some of them, and the rest come back.
            #expect(!lost.isEmpty && lost.count < layers.count)
            for digest in lost { #expect(report.note.contains("\(digest)"), "\(report.note)") }
            #expect(report.note.contains("push again: a/x:v2"), "\(report.note)")
            let event = try #require(try await scene.events("event=missingContent").last)
            #expect(event["run"] == report.run)
            let check = try await scene.run("check")
            #expect(check.status == 1)
            #expect(check.output.contains("push again: a/x:v2"), "\(check.output)")

            try await scene.registry.restart()
            try await scene.pushByHand("a/x:v2", layers)
            try await scene.fetch("a/x:v2")
            #expect(try await !scene.run("check").output.contains("push again"))
            _ = try await scene.run("prune")
            #expect(try await scene.events("event=missingContentEnded").count == 1)
            try await scene.fetch("a/x:v2")
        }

        // Nobody has pushed: nothing is lost, and what had not gone yet goes as beside any registry.
        @Test func withoutAPushTheRestGoesThroughTheQuarantine() async throws {
            let (scene, disk) = try await fill()
            let result = try await scene.run(
                ["prune", "--now", "--json"],
                holdingAt: "halfRemoved"
            ) { _ in
                try await scene.registry.start()
            }
            let report = try StorageReport(result, status: 0, #_sourceLocation)
            #expect(report.note.contains("by way of the quarantine"), "\(report.note)")
            #expect(Set(report.items.map(\.state)) == ["done", "quarantined"], "\(report.note)")
            #expect(!disk.quarantinedFiles.isEmpty)
            #expect(try await scene.events("event=missingContent").isEmpty)
            // It may believe in what went before.
            #expect(try await !scene.events("event=staleCache").isEmpty)
            try await scene.fetch("a/x:v1")
            // While that process runs it may; and the rest is purged as the API proves it forgotten.
            _ = try await scene.run("prune")
            #expect(try await scene.events("event=staleCacheEnded").isEmpty)
            try await scene.registry.restart()
            for _ in 1...2 { _ = try await scene.run("prune") }
            #expect(disk.quarantinedFiles.isEmpty)
            #expect(try await scene.events("event=staleCacheEnded").count == 1)
        }
    }
}
