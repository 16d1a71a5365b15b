import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// What is asked for while it is in quarantine comes back at once (design, section 5.8, point 3).
    @Suite(.enabled(if: isPossible, missing)) struct AskedFor {
        private let kept = ImageFolder.Layer.random(9_000, seed: 71)
        private let gone = ImageFolder.Layer.random(5_000, seed: 72)
        private let other = ImageFolder.Layer.random(4_000, seed: 73)

        /// `a/x:v1` stays; the layers of another image are in quarantine, and the daemon listens.
        private func scene(
            hasCache: Bool
        ) async throws -> (scene: StorageScene, lastpull: LastpullDaemon) {
            let lastpull = try LastpullDaemon()
            let scene = try await StorageScene(
                .init(
                    endpoints: [.init(url: lastpull.hook("local"))],
                    accessLog: false,
                    cache: hasCache
                )
            )
            try await lastpull.start(
                settings: """
                    registries:
                      - name: local
                        url: \(scene.registry.url)
                        storage: \(scene.registry.storage)
                        grace: 1s
                        quarantine: 1h
                    """
            )
            try await scene.pushByHand("a/x:v1", [kept])
            try await scene.delete("a/x", scene.pushByHand("a/x:v2", [kept, gone, other]))
            RegistryDisk(scene.registry.storage).age(by: 26 * 3_600)
            // Events come in order: after the delete there is none of the pushes any more.
            try await eventually("the delete was heard", within: .seconds(10)) {
                try await lastpull.statistics().sources.contains { $0.accepted >= 3 }
            }
            // What was named within the grace of a second stays.
            try await eventually("both layers are in quarantine", within: .seconds(30)) {
                _ = try await lastpull.run("prune")
                return isHeld(gone, scene) && isHeld(other, scene)
            }
            return (scene, lastpull)
        }

        private func isHeld(_ layer: ImageFolder.Layer, _ scene: StorageScene) -> Bool {
            let hex = Digest(hashing: layer.bytes).description.dropFirst("sha256:".count)
            return RegistryDisk(scene.registry.storage).quarantinedFiles
                .contains { $0.contains("/\(hex)/data") }
        }

        @Test(arguments: [false, true])
        func aBlobThatALogShowsAsNotFound(hasCache: Bool) async throws {
            let (scene, lastpull) = try await scene(hasCache: hasCache)
            let digest = Digest(hashing: gone.bytes)
            #expect(try await scene.blobStatus("a/x", digest) == 404)
            let line =
                #"10.0.0.7 - - [04/Mar/2026:05:06:07 +0000] "GET /v2/a/x/blobs/\#(digest) HTTP/1.1" "#
                + #"404 157 "-" "docker/27.3.1""#
            _ = try await lastpull.deliver(line + "\n", to: "logs/local")
            try await eventually("it is there again", within: .seconds(10)) {
                try await scene.blobStatus("a/x", digest) == 200
            }
            #expect(!isHeld(gone, scene))
            #expect(isHeld(other, scene))
        }

        // Our own questions are not somebody's.
        @Test func notWhatLastpullItselfAsked() async throws {
            let (scene, lastpull) = try await scene(hasCache: false)
            let line = """
                10.0.0.7 - - [04/Mar/2026:05:06:07 +0000] \
                "HEAD /v2/a/x/blobs/\(Digest(hashing: gone.bytes)) HTTP/1.1" 404 0 "-" \
                "\(OwnUserAgent.product)"
                """
            _ = try await lastpull.deliver(line + "\n", to: "logs/local")
            // What is told after it has come back when this has, too.
            let next = line.replacing(
                "\(Digest(hashing: gone.bytes))",
                with: "\(Digest(hashing: other.bytes))"
            )
            .replacing(OwnUserAgent.product, with: "curl/8.5.0")
            _ = try await lastpull.deliver(next + "\n", to: "logs/local")
            try await eventually("the other is back", within: .seconds(10)) {
                !isHeld(other, scene)
            }
            #expect(isHeld(gone, scene))
        }

        // The registry writes it anew, and tells of it: our copy has no purpose any more.
        @Test(arguments: [false, true])
        func aBlobThatIsPushedAgain(hasCache: Bool) async throws {
            let (scene, lastpull) = try await scene(hasCache: hasCache)
            try await scene.pushByHand("c/new:v1", [gone])
            try await eventually("it is not in quarantine any more", within: .seconds(10)) {
                !isHeld(gone, scene)
            }
            #expect(isHeld(other, scene))
            try await scene.fetch("c/new:v1")
            _ = try await lastpull.run("prune")
            try await scene.registry.restart()
            try await scene.fetch("c/new:v1")
            try await scene.fetch("a/x:v1")
        }
    }
}
