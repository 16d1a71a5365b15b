import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// What `check` says about a registry's disk.
    @Suite(.enabled(if: isPossible, missing)) struct Checks {
        private struct Answer: Decodable {
            struct Finding: Decodable {
                let subject: String
                let state: String
                let text: String
            }

            let findings: [Finding]

            /// The state of the finding that says `part`.
            func state(of part: String) throws -> String {
                try #require(findings.first { $0.text.contains(part) }, "\(part) in \(findings)")
                    .state
            }

            func says(_ part: String) -> Bool { findings.contains { $0.text.contains(part) } }
        }

        private func check(_ scene: StorageScene) async throws -> Answer {
            let result = try await scene.run("check", "--json")
            return try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
        }

        /// Sets the registry's settings anew, with more lines of its own.
        private func configure(_ scene: StorageScene, _ lines: String..., url: String? = nil) throws
        {
            try scene.folder.write(
                """
                ledger: \(scene.folder.file("ledger.sqlite"))
                registries:
                  - name: local
                    url: \(url ?? scene.registry.url)
                    storage: \(scene.registry.storage)
                    grace: 0s
                \(lines.map { "    \($0)\n" }.joined())
                """,
                to: "lastpull.yaml"
            )
        }

        private func pushOne(_ scene: StorageScene) async throws -> Digest {
            try await scene.push("a/x:v1", [.random(20_000, seed: 1)])
        }

        @Test func saysWhoRunsOnTheStorageAndHowItForgets() async throws {
            let scene = try await StorageScene()
            _ = try await pushOne(scene)
            let answer = try await check(scene)
            #expect(try answer.state(of: "is a registry's storage") == "ok")
            #expect(try answer.state(of: "with a descriptor cache in memory") == "ok")
            #expect(try answer.state(of: "made to forget blobs over its API") == "ok")
            #expect(try answer.state(of: "nothing is in quarantine") == "ok")
            #expect(try answer.state(of: "notifications never report") == "warning")
        }

        @Test func nothingRemembersWithoutACache() async throws {
            let scene = try await StorageScene(.init(cache: false))
            _ = try await pushOne(scene)
            let answer = try await check(scene)
            #expect(try answer.state(of: "with no descriptor cache") == "ok")
            #expect(try answer.state(of: "remembers nothing of what is swept") == "ok")
        }

        // Whether that is known depends on where the test runs; what is said must fit together.
        @Test func aStoppedRegistryRemembersNothing() async throws {
            let scene = try await StorageScene()
            _ = try await pushOne(scene)
            try await scene.registry.stop()
            let answer = try await check(scene)
            if answer.says("no registry runs on the storage") {
                #expect(try answer.state(of: "nobody remembers what is swept") == "ok")
            } else {
                #expect(try answer.state(of: "is not known: ") == "warning")
                #expect(try answer.state(of: "set afterSweep") == "warning")
            }
        }

        @Test func aFolderThatIsNoStorageFails() async throws {
            let scene = try await StorageScene()
            _ = try await pushOne(scene)
            try scene.folder.write("", to: "other/file")
            let text = try String(contentsOfFile: scene.configuration, encoding: .utf8)
            for folder in ["other", "missing"] {
                try scene.folder.write(
                    text.replacing(scene.registry.storage, with: scene.folder.file(folder)),
                    to: "lastpull.yaml"
                )
                let answer = try await check(scene)
                #expect(try answer.state(of: "storage: cannot") == "failed")
                #expect(try answer.state(of: "makes it with the first push") == "failed")
                #expect(try await scene.run("check").status == 1)
            }
        }

        // A mount that went read-only, as ext4's does after an error.
        @Test(.enabled(if: SmallDisk.isPossible, "mounting a small file system needs root"))
        func aStorageThatCannotBeWrittenToFails() async throws {
            let folder = try TemporaryFolder()
            let place = folder.file("disk")
            try FileManager.default.createDirectory(
                atPath: place,
                withIntermediateDirectories: true
            )
            let small = try SmallDisk(at: place, megabytes: 60)
            defer { small.unmount() }
            let scene = try await StorageScene(.init(accessLog: false, root: "\(place)/registry"))
            _ = try await pushOne(scene)
            #expect(try await !check(scene).says("nothing can be swept"))
            _ = try await scene.run("prune")
            try await scene.registry.stop()
            let hex = Digest(hashing: Array("nothing".utf8)).encoded
            let disk = RegistryDisk(scene.registry.storage)
            try disk.write([], to: "blobs/sha256/\(hex.prefix(2))/\(hex)/gone")
            try FileManager.default.removeItem(
                atPath: "\(disk.root)/docker/registry/v2/blobs/sha256/\(hex.prefix(2))/\(hex)/gone"
            )
            disk.age(by: 26 * 3_600)
            try small.makeReadOnly()

            let answer = try await check(scene)
            #expect(try answer.state(of: "nothing can be swept") == "failed")
            #expect(try answer.state(of: "the file system is read-only") == "failed")
            #expect(try await scene.run("check").status == 1)
            // The sweep, which has an empty folder to remove and no item, is not done.
            #expect(try await scene.run("prune").status == 1)
            let runs = try await scene.run("runs", "--json")
            #expect(runs.output.contains(#""state":"failed""#), "\(runs.output)")
        }

        // Without deletes the registry drops no link, so it can't be made to forget.
        @Test func namesAfterSweepWhereTheRegistryCannotBeAsked() async throws {
            let scene = try await StorageScene(.init(deletes: false))
            _ = try await pushOne(scene)
            let without = try await check(scene)
            #expect(try without.state(of: "images go from its disk") == "warning")
            #expect(try without.state(of: "set afterSweep") == "warning")
            try configure(scene, "afterSweep: [/bin/false, now]")
            let with = try await check(scene)
            #expect(try with.state(of: "sweeps end with afterSweep: /bin/false now") == "ok")
            #expect(!with.says("set afterSweep"))
        }

        // The process is seen, and nobody answers for it at the address of the settings.
        @Test func aProcessThatCannotBeReachedIsUnproven() async throws {
            let scene = try await StorageScene()
            _ = try await pushOne(scene)
            try configure(scene, url: "http://127.0.0.1:\(try LoopbackPort.free())")
            let answer = try await check(scene)
            #expect(try answer.state(of: "does not answer at its url") == "warning")
        }

        @Test func aPullThroughCacheHasNothingButItsStorage() async throws {
            let origin = try await StorageScene()
            _ = try await pushOne(origin)
            let cache = try await StorageScene(.init(origin: origin.registry.url))
            try await Skopeo.pull(cache.image("a/x:v1"))
            let answer = try await check(cache)
            #expect(try answer.state(of: "is the only way") == "ok")
            #expect(try answer.state(of: "images go from its disk") == "warning")
            #expect(try answer.state(of: "set afterSweep") == "warning")
        }

        // It believes in what it has had, and would answer without the bytes.
        @Test func nothingIsTakenFromAPullThroughCacheThatCannotForget() async throws {
            let origin = try await StorageScene()
            _ = try await pushOne(origin)
            let cache = try await StorageScene(.init(origin: origin.registry.url))
            try await Skopeo.pull(cache.image("a/x:v1"))
            let disk = RegistryDisk(cache.registry.storage)
            disk.age(by: 26 * 3_600)
            let before = disk.bytes
            let stuck = try await cache.reportOnDisk("delete", "a/x:v1", status: 1)
            #expect(stuck.note.contains("set afterSweep"), "\(stuck.note)")
            #expect(stuck.items.isEmpty && disk.bytes == before)
        }

        @Test func saysWhatIsInQuarantineSinceWhen() async throws {
            let scene = try await StorageScene()
            try configure(scene)
            try await scene.delete("a/x", try await pushOne(scene))
            RegistryDisk(scene.registry.storage).age(by: 7_200)
            let run = try await scene.report("prune")
            let blobs = run.items.count { $0.state == "quarantined" }
            try #require(blobs > 0)
            let answer = try await check(scene)
            #expect(try answer.state(of: "of \(blobs) items in quarantine since 20") == "ok")
            #expect(!answer.says("knows nothing of"))
        }

        // The ledger is lost, and what is in quarantine must not be lost with it.
        @Test func whatThisLedgerDoesNotKnowIsPutBackByHandAsTheReadmeSays() async throws {
            let scene = try await StorageScene()
            try configure(scene)
            let layer = ImageFolder.Layer.random(20_000, seed: 1)
            let manifest = try await scene.push("a/x:v1", [layer])
            try await scene.push("b:v1", [layer])
            try await scene.delete("a/x", manifest)
            try await scene.delete("b", manifest)
            let disk = RegistryDisk(scene.registry.storage)
            disk.age(by: 7_200)
            let links = disk.layerLinks
            let run = try await scene.report("prune")
            let blob = Digest(hashing: layer.bytes)
            try #require(run.digests("blob").contains("\(blob)"))
            try #require(disk.layerLinks != links)

            try configure(scene)
            for file in try FileManager.default.contentsOfDirectory(atPath: scene.folder.path)
            where file.hasPrefix("ledger") {
                try FileManager.default.removeItem(atPath: scene.folder.file(file))
            }
            let place = "\(scene.registry.storage)/lastpull-quarantine/\(run.run)"
            #expect(try await check(scene).state(of: "\(place) holds") == "warning")

            let script = try Self.putBackByHand.replacing("RUN", with: run.run)
                .replacing("/var/lib/registry", with: scene.registry.storage)
            let result = try await Command.run("/bin/sh", ["-euc", script])
            #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
            #expect(disk.layerLinks == links)
            #expect(disk.quarantinedFiles.isEmpty)
            #expect(try await scene.blobStatus("a/x", blob) == 200)
            #expect(try await scene.blobStatus("b", blob) == 200)
            #expect(try await !check(scene).says("knows nothing of"))
        }

        /// The commands of the README for it.
        private static var putBackByHand: String {
            get throws {
                let top = URL(filePath: #filePath).deletingLastPathComponent()
                    .deletingLastPathComponent().deletingLastPathComponent()
                let readme = try String(
                    contentsOf: top.appending(path: "README.md"),
                    encoding: .utf8
                )
                let section = try #require(readme.split(separator: "### Put back by hand\n").last)
                let block = try #require(section.split(separator: "```sh\n").dropFirst().first)
                return String(try #require(block.split(separator: "```").first))
            }
        }
    }
}
