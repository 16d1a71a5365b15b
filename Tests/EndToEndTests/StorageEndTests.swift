import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// SIGINT, SIGTERM and SIGHUP to commands that work on the disk: what is under way is ended or put
    /// back, and the rest stays; nobody has to repair anything.
    @Suite(.enabled(if: isPossible, missing)) struct Ended {
        private let base = ImageFolder.Layer.random(9_000, seed: 181)
        private let gone = (182...186).map { ImageFolder.Layer.random(5_000, seed: UInt64($0)) }

        /// `a/x:v1` stays; the layers of `a/x:v2` are old, and nothing needs them.
        private func fill(_ scene: StorageScene) async throws -> RegistryDisk {
            try await scene.pushByHand("a/x:v1", [base])
            try await scene.delete("a/x", scene.pushByHand("a/x:v2", [base] + gone))
            let disk = RegistryDisk(scene.registry.storage)
            disk.age(by: 26 * 3_600)
            return disk
        }

        /// Sends a signal, and returns when the command has taken note of it.
        private func interrupt(
            _ process: ChildProcess,
            _ signal: Int32,
            _ scene: StorageScene
        ) async throws {
            process.send(signal)
            try await eventually("it is interrupted", within: .seconds(20)) {
                try process.checkIsRunning()
                return scene.folder.text(of: "held.err").contains("is under way is ended")
            }
        }

        /// Prunes until nothing is left to do: all is freed, and what stays pulls.
        private func finish(_ scene: StorageScene, _ disk: RegistryDisk) async throws {
            for _ in 1...2 {
                disk.age(by: 26 * 3_600)
                _ = try await scene.run("prune")
            }
            #expect(disk.quarantinedFiles.isEmpty)
            for layer in gone { #expect(!disk.blobs.contains(Digest(hashing: layer.bytes))) }
            try await scene.registry.restart()
            try await scene.fetch("a/x:v1")
            try await scene.pushByHand("a/x:v2", [base] + gone)
            try await scene.fetch("a/x:v2")
        }

        @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
        func whatIsTakenStaysAndTheRestIsLeft(signal: Int32) async throws {
            let scene = try await StorageScene(.init(accessLog: false, cache: false))
            let disk = try await fill(scene)
            let result = try await scene.run(["prune", "--json"], holdingAt: "halfTaken") {
                try await interrupt($0, signal, scene)
            }
            let report = try StorageReport(result, status: 2, #_sourceLocation)
            let taken = report.items.filter { $0.state == "quarantined" }
            #expect(!taken.isEmpty && taken.count < report.items.count)
            #expect(
                report.items.allSatisfy { item in
                    item.state == "quarantined"
                        || item.state == "skipped" && item.detail.contains("interrupted")
                }
            )
            #expect(report.state == "partly")
            let said = "interrupted after \(taken.count) of \(report.items.count)"
            #expect(report.note.contains(said), "\(report.note)")
            #expect(report.released == taken.reduce(0) { $0 + $1.bytes })
            try await finish(scene, disk)
        }

        // A registry would go on telling that it has what it was not made to forget.
        @Test(arguments: ["begun", "taken", "dropping"])
        func whatTheRegistryHasNotForgottenGoesBack(point: String) async throws {
            let scene = try await StorageScene()
            let disk = try await fill(scene)
            let before = disk.bytes
            let result = try await scene.run(["prune", "--json"], holdingAt: point) {
                try await interrupt($0, SIGHUP, scene)
            }
            let report = try StorageReport(result, status: 2, #_sourceLocation)
            #expect(report.items.allSatisfy { $0.state == "skipped" })
            #expect(disk.quarantinedFiles.isEmpty)
            #expect(disk.bytes == before)
            for layer in gone {
                #expect(try await scene.blobStatus("a/x", Digest(hashing: layer.bytes)) == 200)
            }
            #expect(!report.note.contains("until the registry is restarted"), "\(report.note)")
            try await finish(scene, disk)
        }

        @Test func whatIsNotPurgedYetStaysInQuarantine() async throws {
            let scene = try await StorageScene()
            let disk = try await fill(scene)
            try await scene.report("prune")
            let held = disk.quarantinedFiles
            #expect(!held.isEmpty)
            let result = try await scene.run(["prune", "--json"], holdingAt: "purgePlanned") {
                try await interrupt($0, SIGTERM, scene)
            }
            // The purge is the only run: no sweep has begun after it.
            let report = try StorageReport(result, status: 2, #_sourceLocation)
            #expect(report.reclaimed == 0)
            #expect(report.items.allSatisfy { $0.state == "skipped" })
            #expect(report.note.contains("interrupted after 0 of"), "\(report.note)")
            #expect(disk.quarantinedFiles == held)
            try await finish(scene, disk)
        }

        @Test func nothingGoesAtOnceAfterIt() async throws {
            let scene = try await StorageScene()
            let disk = try await fill(scene)
            try await scene.registry.stop()
            let before = disk.bytes
            let result = try await scene.run(
                ["sweep", "--now", "--json"],
                holdingAt: "planned",
                onDisk: true
            ) {
                try await interrupt($0, SIGINT, scene)
            }
            let report = try StorageReport(result, status: 2, #_sourceLocation)
            #expect(!report.items.isEmpty)
            #expect(report.items.allSatisfy { $0.state == "skipped" })
            #expect(report.reclaimed == 0)
            #expect(disk.bytes == before)
            disk.age(by: 26 * 3_600)
            _ = try await scene.reportOnDisk("sweep", "--now")
            #expect(before > disk.bytes)
            try await finish(scene, disk)
        }

        @Test func aDeleteOfFilesPutsThemBack() async throws {
            let scene = try await StorageScene(.init(deletes: false, accessLog: false))
            try await scene.pushByHand("a/x:v1", [base])
            try await scene.pushByHand("a/x:v2", [base, gone[0]])
            let disk = RegistryDisk(scene.registry.storage)
            disk.age(by: 26 * 3_600)
            let before = disk.bytes
            let result = try await scene.run(
                ["delete", "a/x:v2", "--json"],
                holdingAt: "taken",
                onDisk: true
            ) {
                try await interrupt($0, SIGTERM, scene)
            }
            #expect(result.status == 2, "\(result)")
            #expect(result.output.contains("interrupted after 0 of"), "\(result.output)")
            #expect(disk.bytes == before)
            try await scene.fetch("a/x:v2")
        }

        // Whoever asks twice does not want to wait; what is left is what a kill leaves.
        @Test(arguments: [SIGINT, SIGTERM])
        func aSecondSignalEndsAtOnce(signal: Int32) async throws {
            let scene = try await StorageScene()
            let disk = try await fill(scene)
            let result = try await scene.run(["prune"], holdingAt: "taken") { process in
                try await interrupt(process, SIGHUP, scene)
                process.send(signal)
                try await process.wait(within: .seconds(20))
            }
            #expect(result.status == 128 + signal)
            try await finish(scene, disk)
        }

        // When a connection drops, the kernel sends one and the shell another.
        @Test func aSecondHangUpIsThatOfTheShell() async throws {
            let scene = try await StorageScene()
            _ = try await fill(scene)
            let result = try await scene.run(["prune", "--json"], holdingAt: "taken") { process in
                try await interrupt(process, SIGHUP, scene)
                process.send(SIGHUP)
                process.send(SIGHUP)
            }
            let report = try StorageReport(result, status: 2, #_sourceLocation)
            #expect(report.items.allSatisfy { $0.state == "skipped" })
        }
    }
}
