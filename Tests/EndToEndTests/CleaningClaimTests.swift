import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// What manifests claim of what they refer to, and what is true of it.
    struct Claims {
        private let lastpull: LastpullDaemon
        private let registry: FakeRegistry
        private let repository = "team/app"
        private let layerType = "application/vnd.oci.image.layer.v1.tar+gzip"

        init() async throws {
            lastpull = try LastpullDaemon()
            registry = try await .start(mode: .distribution3)
            await registry.set { $0.verifiesReferences = false }
        }

        private func entry(_ mediaType: String, _ digest: Digest, _ size: Int) -> String {
            #"{"mediaType":"\#(mediaType)","digest":"\#(digest)","size":\#(size)}"#
        }

        private func requests(_ method: String, _ end: String) async -> Int {
            await registry.requests.count { $0.method == method && $0.path.hasSuffix(end) }
        }

        // One image of some bytes says that it has a terabyte: nothing goes for it.
        @Test func aFalseSizeFiresNoThreshold() async throws {
            for seed in 1...4 {
                await registry.add(repository, "t\(seed)", seed: UInt64(seed), bytes: 9_000)
            }
            let config = await registry.addBlob("team/evil", Array("{}".utf8))
            let layer = await registry.addBlob("team/evil", Array(repeating: 7, count: 80))
            let text =
                #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","#
                + #""config":\#(entry("application/vnd.oci.image.config.v1+json", config, 2)),"#
                + #""layers":[\#(entry(layerType, layer, 1 << 40))]}"#
            await registry.addManifest("team/evil", "v1", Array(text.utf8), MediaType.ociManifest)
            var settings = CleaningSettings(url: registry.url)
            settings.triggers = [
                "{ name: full, registry: local, registryBytes: 1GB, until: 1MB, cooldown: 1s }"
            ]
            try await lastpull.start(settings: settings.text)
            try await eventually("the registry is asked for the size") {
                await requests("HEAD", "/blobs/\(layer)") > 0
            }
            // Longer than the pause after a run, and than that between two surveys.
            try await Task.sleep(for: .seconds(12))
            #expect(try await lastpull.summaries().isEmpty)
            #expect(await registry.tagNames(repository).count == 4)
            #expect(await requests("HEAD", "/blobs/\(layer)") == 1)
            try await lastpull.terminate()
            await registry.stop()
        }

        // The cache of BuildKit: an index of layers, which are never asked for as manifests.
        @Test func anIndexOfLayersIsCleanedAndRestored() async throws {
            let layer = await registry.addBlob(repository, Array(repeating: 7, count: 5_000))
            let config = await registry.addBlob(repository, Array("[]".utf8))
            let text =
                #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":["#
                + entry(layerType, layer, 5_000) + ","
                + entry("application/vnd.buildkit.cacheconfig.v0", config, 2) + "]}"
            let index = await registry.addManifest(
                repository,
                "cache",
                Array(text.utf8),
                MediaType.ociIndex
            )
            await registry.add(repository, "image", seed: 1)
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            let run = try await lastpull.report("clean")
            #expect(run.states.values.allSatisfy { $0 == "done" })
            #expect(try run.item("\(repository):cache").bytes == 5_002 + Int64(text.utf8.count))
            #expect(await registry.tagNames(repository).isEmpty)
            let restored = try await lastpull.run("restore", "\(repository):cache")
            #expect(restored.status == 0, "\(restored.output) \(restored.errors)")
            #expect(await registry.tags(repository)["cache"] == index)
            #expect(await requests("GET", "/manifests/\(layer)") == 0)
            #expect(await requests("HEAD", "/manifests/\(layer)") == 0)
            await registry.stop()
        }

        // Base layers of Windows are fetched elsewhere, and not asked for here.
        @Test func anImageWithLayersFromElsewhereIsRestored() async throws {
            let foreign = Digest(hashing: Array("elsewhere".utf8))
            let config = await registry.addBlob(repository, Array("{}".utf8))
            let type = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
            let text =
                #"{"schemaVersion":2,"mediaType":"\#(MediaType.dockerManifest)","#
                + #""config":\#(entry("application/vnd.docker.container.image.v1+json", config, 2)),"#
                + #""layers":[\#(entry(type, foreign, 1_700_000_000))]}"#
            let image = await registry.addManifest(
                repository,
                "ltsc",
                Array(text.utf8),
                MediaType.dockerManifest
            )
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            let run = try await lastpull.report("clean")
            #expect(try run.item("\(repository):ltsc").bytes == 2 + Int64(text.utf8.count))
            let restored = try await lastpull.run("restore", "\(repository):ltsc")
            #expect(restored.status == 0, "\(restored.output) \(restored.errors)")
            #expect(await registry.tags(repository)["ltsc"] == image)
            await registry.stop()
        }
    }
}
