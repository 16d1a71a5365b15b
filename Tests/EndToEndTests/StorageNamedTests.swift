import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// A push that is under way has looked for layers that are there, and uploads them not: they
    /// stay, though nothing needs them yet (design, section 5.8, point 2).
    @Suite(.enabled(if: isPossible, missing)) struct NamedBlobs {
        private let kept = ImageFolder.Layer.random(9_000, seed: 171)
        private let looked = ImageFolder.Layer.random(5_000, seed: 172)
        private let other = ImageFolder.Layer.random(4_000, seed: 173)

        private var lookedFor: String { "\(Digest(hashing: looked.bytes))" }
        private var otherOne: String { "\(Digest(hashing: other.bytes))" }

        /// `a/x:v1` stays; the layers of another image are old and needed by nothing, and the daemon
        /// has heard of none of it.
        private func scene() async throws -> (scene: StorageScene, lastpull: LastpullDaemon) {
            let lastpull = try LastpullDaemon()
            let scene = try await StorageScene()
            try await scene.pushByHand("a/x:v1", [kept])
            try await scene.delete("a/x", scene.pushByHand("a/x:v2", [kept, looked, other]))
            RegistryDisk(scene.registry.storage).age(by: 26 * 3_600)
            try await scene.registry.restart {
                $0.endpoints = [.init(url: lastpull.hook("local"))]
            }
            try await lastpull.start(
                settings: """
                    registries:
                      - name: local
                        url: \(scene.registry.url)
                        storage: \(scene.registry.storage)
                        grace: 1h
                        quarantine: 1h
                    """
            )
            return (scene, lastpull)
        }

        private func report(_ lastpull: LastpullDaemon) async throws -> StorageReport {
            let result = try await lastpull.run("prune", "--dry-run", "--json")
            return try StorageReport(result, status: 0, #_sourceLocation)
        }

        /// Looks as a pushing client does, and waits until the registry's event is heard.
        private func look(_ scene: StorageScene, _ lastpull: LastpullDaemon) async throws {
            #expect(try await scene.blobStatus("a/x", Digest(hashing: looked.bytes)) == 200)
            try await eventually("the look was heard", within: .seconds(10)) {
                try await report(lastpull).keptReasons["youngerThanGrace"] == 1
            }
        }

        @Test func stayForTheGrace() async throws {
            let (scene, lastpull) = try await scene()
            let before = try await report(lastpull)
            #expect(before.digests("blob").isSuperset(of: [lookedFor, otherOne]))
            try await look(scene, lastpull)
            // Also for who did not hear it.
            try await lastpull.kill()
            try await lastpull.start()
            let swept = try await lastpull.run("prune", "--json")
            let report = try StorageReport(swept, status: 0, #_sourceLocation)
            #expect(report.digests("blob").contains(otherOne))
            #expect(!report.digests("blob").contains(lookedFor))
            // The push comes to its end without the layer.
            let (parcel, _) = try scene.parcel("a/x:v3", [kept, looked])
            try await parcel.bring()
            try await parcel.finish()
            try await scene.fetch("a/x:v3")
        }

        @Test func areAlsoToldByALog() async throws {
            let (scene, lastpull) = try await scene()
            defer { withExtendedLifetime(scene) {} }
            let line =
                #"10.0.0.7 - - [04/Mar/2026:05:06:07 +0000] "HEAD /v2/a/x/blobs/\#(lookedFor) "#
                + #"HTTP/1.1" 200 0 "-" "docker/27.3.1""#
            _ = try await lastpull.deliver(line + "\n", to: "logs/local")
            let report = try await report(lastpull)
            #expect(report.keptReasons["youngerThanGrace"] == 1)
            #expect(report.digests("blob").contains(otherOne))
            #expect(!report.digests("blob").contains(lookedFor))
        }

        // Looked for after the plan was made, and nobody is there any more who heard it.
        @Test func comeBackWhenNamedDuringTheSweep() async throws {
            let (scene, lastpull) = try await scene()
            try scene.folder.write(
                String(contentsOfFile: lastpull.configuration, encoding: .utf8),
                to: "lastpull.yaml"
            )
            let line =
                #"10.0.0.7 - - [04/Mar/2026:05:06:07 +0000] "HEAD /v2/a/x/blobs/\#(lookedFor) "#
                + #"HTTP/1.1" 200 0 "-" "docker/27.3.1""#
            let curl = try #require(Command.find("curl"))
            let result = try await scene.run(["prune", "--json"], holdingAt: "planned") { _ in
                let told = try await Command.run(
                    curl,
                    ["-sS", "--fail", "--max-time", "9", "--data-binary", line + "\n"]
                        + ["\(lastpull.url)/logs/local"]
                )
                guard told.status == 0 else {
                    throw HopelessError("\(told.errors) \(lastpull.log)")
                }
                try await lastpull.kill()
            }
            let report = try StorageReport(result, status: 2, #_sourceLocation)
            let states = report.items.reduce(into: [:]) { $0[$1.digest ?? ""] = $1.state }
            #expect(states[lookedFor] == "skipped" && states[otherOne] == "quarantined")
            #expect(try await scene.blobStatus("a/x", Digest(hashing: looked.bytes)) == 200)
        }
    }
}
