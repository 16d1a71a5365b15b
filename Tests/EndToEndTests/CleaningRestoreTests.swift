import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// What was removed comes back while its blobs exist (design, section 5.6).
    @Suite(.enabled(if: hasRegistry, registryMissing)) struct Restoring {
        private let lastpull: LastpullDaemon
        private let registry: RealRegistry
        private let repository = "team/app"

        init() async throws {
            lastpull = try LastpullDaemon()
            // Without the cache, so that the registry notices when a blob goes from its disk.
            registry = try await .start(.init(cache: false))
        }

        private struct Restored: Decodable {
            let repository: String
            let tag: String?
            let digest: String
            let state: String
            let detail: String
        }

        private func restore(
            _ subject: String,
            status: Int32 = 0,
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws -> [Restored] {
            let result = try await lastpull.run("restore", subject, "--json")
            #expect(
                result.status == status,
                "\(result.output) \(result.errors)",
                sourceLocation: sourceLocation
            )
            return try JSONDecoder().decode([Restored].self, from: Data(result.output.utf8))
        }

        private func bytes(_ reference: String) async throws -> [UInt8] {
            try await registry.manifest(repository, reference).body
        }

        @Test func aRunComesBackByteForByte() async throws {
            var folder = try ImageFolder()
            let plain = try folder.addImage(tag: "plain", layers: [.random(3_000, seed: 1)])
            let (index, children) = try folder.addMultiPlatformImage(tag: "multi") { platform in
                [.random(3_000, seed: platform == .amd64 ? 2 : 3)]
            }
            let image = "\(registry.host)/\(repository)"
            for tag in ["plain", "multi"] {
                try await Skopeo.push(folder, tag: tag, to: "\(image):\(tag)")
            }
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            let run = try await lastpull.report("clean")
            #expect(registry.manifests(repository).isEmpty)

            let restored = try await restore(run.run)

            #expect(restored.allSatisfy { $0.state == "restored" })
            // Children have no tag, and are put back before what holds them.
            #expect(restored.prefix(2).allSatisfy { $0.tag == nil })
            #expect(Set(restored.dropFirst(2).map(\.tag)) == ["plain", "multi"])
            #expect(restored.count == 4)
            #expect(try await registry.tags(repository) == ["multi", "plain"])
            #expect(try await bytes("plain") == folder.bytes(of: plain))
            #expect(try await bytes("multi") == folder.bytes(of: index))
            #expect(registry.manifests(repository) == Set([plain, index] + children))
            try await Skopeo.pull("\(image):plain")
            try await Skopeo.pull("\(image):multi", all: true)
        }

        @Test func oneImageComesBackWithAllItsPlatforms() async throws {
            var folder = try ImageFolder()
            let (index, children) = try folder.addMultiPlatformImage(tag: "multi") { platform in
                [.random(3_000, seed: platform == .amd64 ? 2 : 3)]
            }
            let image = "\(registry.host)/\(repository)"
            try await Skopeo.push(folder, tag: "multi", to: "\(image):multi")
            try await registry.push(repository, "other", seed: 9)
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            try await lastpull.report("clean")

            // As people copy it, with the registry's host.
            let restored = try await restore("\(image):multi")

            #expect(restored.map(\.state) == ["restored"])
            #expect(restored.first?.digest == index.description)
            #expect(try await registry.tags(repository) == ["multi"])
            #expect(registry.manifests(repository) == Set([index] + children))
            try await Skopeo.pull("\(image):multi", all: true)
        }

        // Somebody wanted it back; the next cleanup must not take it away at once.
        @Test func aFreshRestoreIsProtectedAsAPushIs() async throws {
            try await registry.push(repository, "v1", seed: 1)
            var settings = CleaningSettings(url: registry.url)
            settings.keep = "{ pushed: { within: 8s } }"
            try lastpull.configure(settings.text)
            try await eventually("v1 is old enough to go", within: .seconds(30)) {
                try await lastpull.report("plan").items.count == 1
            }
            try await lastpull.report("clean")
            #expect(try await registry.tags(repository).isEmpty)

            _ = try await restore("\(repository):v1")
            let plan = try await lastpull.report("plan")

            #expect(plan.items.isEmpty)
            #expect(plan.keptReasons == ["freshPush": 1])
        }

        @Test func aTagThatPointsElsewhereByNowIsLeftAlone() async throws {
            let old = try await registry.push(repository, "v1", seed: 1)
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            try await lastpull.report("clean")
            let new = try await registry.push(repository, "v1", seed: 2)
            try #require(new != old)

            let restored = try await restore("\(repository):v1", status: 1)

            #expect(restored.map(\.state) == ["skipped"])
            #expect(restored.first?.detail.contains("\(new)") == true, "\(restored)")
            #expect(try await registry.digest(repository, "v1") == new)
        }

        @Test func aBlobThatIsGoneIsNamed() async throws {
            var folder = try ImageFolder()
            let layer = ImageFolder.Layer.random(3_000, seed: 1)
            try folder.addImage(tag: "v1", layers: [layer])
            try await Skopeo.push(folder, tag: "v1", to: "\(registry.host)/\(repository):v1")
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            let run = try await lastpull.report("clean")
            let blob = Digest(hashing: layer.bytes)
            try FileManager.default.removeItem(atPath: registry.blobPath(blob))

            let restored = try await restore(run.run, status: 1)

            #expect(restored.map(\.state) == ["failed"])
            let detail = try #require(restored.first?.detail)
            #expect(detail.contains("blob \(blob) is gone"), "\(detail)")
            #expect(try await registry.tags(repository).isEmpty)
        }

        @Test func whatWasNeverRemovedIsNotRestored() async throws {
            try await registry.push(repository, "v1", seed: 1)
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            try await lastpull.report("plan")
            let result = try await lastpull.run("restore", "\(repository):v1")
            #expect(result.status == 1)
            #expect(result.errors.contains("nothing to restore"), "\(result.errors)")
        }
    }
}
