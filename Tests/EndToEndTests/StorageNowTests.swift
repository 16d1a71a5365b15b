import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// Sweeps at once, for a registry that is stopped (design, section 6.1).
    @Suite(.enabled(if: isPossible, missing)) struct AtOnce {
        private let layers = (21...27).map { ImageFolder.Layer.random(8_000, seed: UInt64($0)) }

        /// One image that stays and one whose layers nothing needs any more.
        private func fill(_ scene: StorageScene) async throws {
            try await scene.push("a/x:v1", [layers[0], layers[1]])
            let gone = try await scene.push("a/x:v2", [layers[0], layers[2]])
            try await scene.delete("a/x", gone)
        }

        private func refusal(_ result: Command.Result) -> String {
            #expect(result.status == 64, "\(result.output) \(result.errors)")
            return result.errors
        }

        @Test(arguments: ["prune", "sweep"])
        func isRefusedWhileTheStorageIsInUse(command: String) async throws {
            let scene = try await StorageScene()
            try await fill(scene)
            let disk = RegistryDisk(scene.registry.storage)
            disk.age(by: 7_200)
            let before = disk.bytes

            let answers = refusal(try await scene.run(command, "--now"))
            #expect(answers.contains("\(scene.registry.url) answers"), "\(answers)")
            let runs = refusal(try await scene.onDisk(command, "--now"))
            #expect(runs.contains("is a registry on \(scene.registry.storage)"), "\(runs)")
            #expect(disk.bytes == before)

            try await scene.registry.stop()
            let link = "repositories/a/x/_manifests/tags/v9/current/link"
            try disk.write(Array("sha256:".utf8), to: link)
            let changed = refusal(try await scene.onDisk(command, "--now"))
            #expect(changed.contains("changed within the last 1h"), "\(changed)")
        }

        // What a registry is told may be meant from the folder in which it was started.
        @Test func isRefusedForARegistryThatNamesItsStorageFromItsOwnFolder() async throws {
            let scene = try await StorageScene()
            try await fill(scene)
            try await scene.registry.stop()
            let disk = RegistryDisk(scene.registry.storage)
            disk.age(by: 26 * 3_600)
            let before = disk.bytes
            let storage = URL(fileURLWithPath: scene.registry.storage)
            let settings = try scene.folder.write(
                """
                version: 0.1
                storage:
                  filesystem: { rootdirectory: \(storage.lastPathComponent) }
                  cache: { blobdescriptor: inmemory }
                http: { addr: "127.0.0.1:\(try LoopbackPort.free())" }
                """,
                to: "relative.yml"
            )
            let binary = try #require(Command.find("docker-registry", "registry"))
            let folder = storage.deletingLastPathComponent().path
            let registry = try ChildProcess(
                "/bin/sh",
                ["-c", "cd '\(folder)' && exec '\(binary)' serve '\(settings)'"],
                environment: ["OTEL_TRACES_EXPORTER": "none"]
            )
            try await eventually("it is a registry by now", within: .seconds(30)) {
                let path = "/proc/\(registry.id)/cmdline"
                let line = try Data(contentsOf: URL(fileURLWithPath: path))
                return String(decoding: line, as: UTF8.self).contains("serve\0")
                    && !line.starts(with: Data("/bin/sh".utf8))
            }
            let runs = refusal(try await scene.onDisk("prune", "--now"))
            #expect(runs.contains("\(registry.id) is a registry on"), "\(runs)")
            #expect(disk.bytes == before)
            try await registry.terminate()
        }

        // A host that is not known, or a port that speaks something else, tells of no registry that
        // it is stopped.
        @Test(arguments: ["http://registry.invalid:5000", "https://127.0.0.1:PORT"])
        func isRefusedWhereTheRegistryCannotBeReached(url: String) async throws {
            let scene = try await StorageScene()
            try await fill(scene)
            let port = scene.registry.host.split(separator: ":")[1]
            try scene.configure(
                grace: "1h",
                quarantine: "0s",
                url: url.replacingOccurrences(of: "PORT", with: port)
            )
            if url.contains("invalid") { try await scene.registry.stop() }
            let disk = RegistryDisk(scene.registry.storage)
            disk.age(by: 26 * 3_600)
            let before = disk.bytes
            let refused = refusal(try await scene.run("prune", "--now"))
            #expect(refused.contains("it is not sure that"), "\(refused)")
            guard url.contains("invalid") else { return }
            // What it may remember stays in quarantine.
            _ = try await scene.run("prune")
            _ = try await scene.run("prune")
            #expect(try await scene.reclaimed() == 0)
            #expect(disk.bytes == before)
        }

        // Predicted, said and really gone, all at once; --force waives the refusals.
        @Test(arguments: [[], ["--force"]])
        func freesTheBytesAtOnce(force: [String]) async throws {
            let scene = try await StorageScene()
            try await fill(scene)
            try await scene.registry.stop()
            let disk = RegistryDisk(scene.registry.storage)
            if force.isEmpty { disk.age(by: 7_200) }
            let before = disk.bytes
            let foretold = try await scene.reportOnDisk("prune", "--now", "--dry-run")
            // A dry run that ends well is no promise: it says what would be refused.
            let refused =
                "--now would be refused without --force: \(scene.registry.storage) changed"
            #expect(foretold.note.contains(refused) == !force.isEmpty, "\(foretold.note)")
            #expect(foretold.digests("blob").contains(Digest(hashing: layers[2].bytes).description))
            #expect(disk.bytes == before)

            let result = try await Lastpull.run(
                ["prune", "--now", "--json"] + force + scene.diskAlone
            )
            let done = try StorageReport(result, status: 0, #_sourceLocation)
            #expect(done.reclaimed == foretold.released)
            #expect(before - disk.bytes == foretold.released)
            #expect(disk.quarantinedFiles.isEmpty)

            try await scene.registry.start()
            try await Skopeo.pull(scene.image("a/x:v1"))
            try await scene.push("a/x:v2", [layers[0], layers[2]])
            try await Skopeo.pull(scene.image("a/x:v2"))
        }

        // It goes by the quarantine, for a registry with a cache may answer that it has what is gone;
        // what is said at the end is how things are then.
        @Test(arguments: [true, false])
        func saysWhatIsLeftBesideARegistryThatRuns(canForget: Bool) async throws {
            let scene = try await StorageScene(quarantine: "6h")
            try await fill(scene)
            try await scene.registry.restart { $0.deletes = canForget }
            RegistryDisk(scene.registry.storage).age(by: 26 * 3_600)
            let blob = Digest(hashing: layers[2].bytes).description
            let report = try await scene.report("prune", "--now", "--force", status: 0)
            #expect(report.digests("blob").contains(blob))
            let runs = try await scene.run("runs", report.run)
            if canForget {
                #expect(report.items.allSatisfy { $0.state == "done" })
                #expect(report.reclaimed > 8_000)
                #expect(!report.note.contains("quarantine"), "\(report.note)")
                #expect(!runs.output.contains("in quarantine"), "\(runs.output)")
            } else {
                #expect(report.items.allSatisfy { $0.state == "quarantined" })
                #expect(report.reclaimed == 0)
                let left = "in quarantine; \(report.items.count) items stay there until"
                #expect(report.note.contains(left), "\(report.note)")
                #expect(!report.note.contains("6h"), "\(report.note)")
                #expect(runs.output.contains(left), "\(runs.output)")
            }
        }

        /// Images of all kinds; says what of them stays although the registry's own collector takes
        /// it: the children of an index and what belongs to a manifest that stays.
        private func fillWithStructure(
            _ scene: StorageScene
        ) async throws -> (spared: Set<Digest>, children: Set<Digest>) {
            try await fill(scene)
            try await scene.push("b:moving", [layers[0], layers[3]])
            try await scene.push("b:moving", [layers[0], layers[4]])
            var folder = try ImageFolder()
            let (_, children) = try folder.addMultiPlatformImage(tag: "multi") { platform in
                [platform == .amd64 ? layers[5] : layers[6], layers[0]]
            }
            let subject = try folder.addImage(tag: "signed", layers: [layers[0], layers[1]])
            let referrer = try folder.addImage(
                layers: [.random(900, seed: 28)],
                labels: ["kind": "signature"],
                subject: subject
            )
            let layer = try folder.addImage(
                tag: "carrier",
                layers: [.random(900, seed: 28)],
                labels: ["kind": "signature"]
            )
            for tag in ["multi", "signed", "carrier"] {
                try await Skopeo.push(folder, tag: tag, to: scene.image("c:\(tag)"))
            }
            try await scene.registry.put(referrer, of: folder, to: "c", "\(referrer)")
            try await scene.delete("c", layer)
            var spared = Set(children + [referrer])
            for manifest in spared { spared.formUnion(try blobs(of: manifest, in: folder)) }
            return (spared, Set(children))
        }

        private func blobs(of manifest: Digest, in folder: ImageFolder) throws -> [Digest] {
            struct Part: Decodable { let digest: String }
            struct Manifest: Decodable {
                let config: Part
                let layers: [Part]
            }
            let data = Data(try folder.bytes(of: manifest))
            let content = try JSONDecoder().decode(Manifest.self, from: data)
            return (content.layers + [content.config]).compactMap { Digest($0.digest) }
        }

        /// What `registry garbage-collect` would delete.
        private func collectorsPlan(_ scene: StorageScene) async throws -> Set<Digest> {
            let settings = try scene.folder.write(
                """
                version: 0.1
                storage: { filesystem: { rootdirectory: \(scene.registry.storage) } }
                """,
                to: "collector.yml"
            )
            let binary = try #require(Command.find("docker-registry", "registry"))
            let result = try await Command.run(
                binary,
                ["garbage-collect", "--dry-run", "--delete-untagged", settings]
            )
            try #require(result.status == 0, "\(result.errors)")
            return Set(
                result.output.split(separator: "\n").compactMap { line in
                    guard line.hasPrefix("blob eligible for deletion: ") else { return nil }
                    return line.split(separator: " ").last.flatMap { Digest($0) }
                }
            )
        }

        @Test func takesWhatTheRegistrysOwnCollectorTakesButForStructure() async throws {
            let scene = try await StorageScene()
            let (spared, children) = try await fillWithStructure(scene)
            try await scene.registry.stop()
            let disk = RegistryDisk(scene.registry.storage)
            disk.age(by: 7_200)
            let collected = try await collectorsPlan(scene)
            // It keeps what others hold, too, and an index's children without what they hold.
            let shared = children.union([Digest(hashing: layers[0].bytes)])
            #expect(spared.subtracting(collected) == shared)

            let before = disk.blobs
            let done = try await scene.reportOnDisk("sweep", "--now")

            #expect(before.subtracting(disk.blobs) == collected.subtracting(spared))
            #expect(done.reclaimed == done.released)
            try await scene.registry.start()
            for name in ["a/x:v1", "b:moving", "c:multi", "c:signed"] {
                try await Skopeo.pull(scene.image(name), all: name == "c:multi")
            }
            let referrers = try await scene.reportOnDisk("sweep", "--now", "--force", "--dry-run")
            #expect(referrers.items.isEmpty, "\(referrers)")
        }

        // A disk does not tell who pulls an untagged manifest; so it stays, and the answer says it.
        @Test func withoutHistoryUntaggedManifestsStayAndItSaysWhy() async throws {
            let scene = try await StorageScene()
            let untagged = try await scene.pushByHand("a/x:v1", [layers[0], layers[1]])
            try await scene.pushByHand("a/x:v1", [layers[0], layers[2]])
            try await scene.registry.stop()
            RegistryDisk(scene.registry.storage).age(by: 26 * 3_600)
            let kept = try await scene.reportOnDisk("sweep", "--dry-run")
            #expect(kept.items.isEmpty, "\(kept)")
            #expect(kept.note.contains("historyIncomplete"), "\(kept.note)")
            #expect(kept.note.contains("--now"), "\(kept.note)")
            let waived = try await scene.reportOnDisk("sweep", "--now", "--dry-run")
            #expect(waived.digests("manifest") == ["\(untagged)"])
            #expect(
                waived.note == "only planned; `lastpull sweep` carries out what it then finds"
            )
        }
    }
}
