import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// What an image consists of, and what belongs to it, stays and goes with it (design, 5.3).
    @Suite(.enabled(if: hasRegistry, registryMissing)) struct Structure {
        private let lastpull: LastpullDaemon
        private let registry: RealRegistry
        private let repository = "team/app"

        init() async throws {
            lastpull = try LastpullDaemon()
            registry = try await .start(.init(endpoints: [.init(url: lastpull.hook("local"))]))
        }

        private func settings(keepingTags tags: String) -> String {
            let keep = "{ pushed: { within: 0s }, tags: [\(tags), mark] }"
            return CleaningSettings(url: registry.url, keep: keep).text
        }

        private func present(_ digests: [Digest]) async throws -> [Bool] {
            var result: [Bool] = []
            for digest in digests {
                result.append(try await registry.digest(repository, digest.description) == digest)
            }
            return result
        }

        private static func layers(_ platform: ImageFolder.Platform) -> [ImageFolder.Layer] {
            [.random(5_000, seed: platform == .amd64 ? 1 : 2)]
        }

        // Children have no tag of their own, nor do signatures' manifests: to a cleanup that only
        // looks at tags they are rubbish.
        @Test func keepsWhatAKeptIndexHoldsAndRemovesItWithTheIndex() async throws {
            try await lastpull.start(settings: settings(keepingTags: "multi, amd64"))
            var folder = try ImageFolder()
            let (index, children) = try folder.addMultiPlatformImage(
                tag: "multi",
                layers: Self.layers
            )
            let signature = try folder.addImage(tag: "signature", layers: [.random(100, seed: 3)])
            // Same layers as a child, so that its blobs are in the registry already.
            let referrer = try folder.addImage(layers: Self.layers(.amd64), subject: index)
            let listed = try folder.addImage(
                layers: Self.layers(.arm64),
                platform: .arm64,
                subject: index
            )
            let fallback = try folder.addIndex(of: [listed])
            let image = "\(registry.host)/\(repository)"
            try await Skopeo.push(folder, tag: "multi", to: "\(image):multi")
            let stem = "sha256-\(index.encoded)"
            try await Skopeo.push(folder, tag: "signature", to: "\(image):\(stem).sig")
            for digest in [referrer, listed] {
                try await registry.put(digest, of: folder, to: repository, digest.description)
            }
            try await registry.put(fallback, of: folder, to: repository, stem)
            try await registry.put(children[0], of: folder, to: repository, "amd64")
            try await registry.push(repository, "old", seed: 9)
            try await lastpull.knows("\(repository)@\(referrer)")
            try await lastpull.knows("\(repository):old")

            let first = try await lastpull.report("clean")

            #expect(first.states == ["\(repository):old": "done"])
            let all = [index, children[0], children[1], signature, referrer, listed, fallback]
            #expect(try await present(all) == all.map { _ in true })
            try await Skopeo.pull("\(image):multi", all: true)
            // Events come in order: after this one, all those reads are known.
            try await registry.push("mark/last", "mark", seed: 10)
            try await lastpull.knows("mark/last:mark")

            try lastpull.configure(settings(keepingTags: "amd64"))
            let second = try await lastpull.report("clean")

            #expect(
                second.states == [
                    "\(repository):multi": "done", "\(repository)@\(children[1])": "done",
                    "\(repository):\(stem).sig": "done", "\(repository):\(stem)": "done",
                    "\(repository)@\(referrer)": "done", "\(repository)@\(listed)": "done",
                ]
            )
            #expect(try second.item("\(repository)@\(children[1])").reason == "removedWithIndex")
            #expect(try second.item("\(repository)@\(referrer)").reason == "removedWithSubject")
            #expect(try await registry.tags(repository) == ["amd64"])
            // The child with a tag of its own is all that is left, and still a whole image.
            #expect(registry.manifests(repository) == [children[0]])
            try await Skopeo.pull("\(image):amd64")
            try await lastpull.terminate()
        }

        @Test func keepsWhatANestedIndexHoldsAndRemovesItWithTheOuterOne() async throws {
            var folder = try ImageFolder()
            let (inner, children) = try folder.addMultiPlatformImage(
                tag: "inner",
                layers: Self.layers
            )
            let outer = try folder.addIndex(of: [inner])
            let image = "\(registry.host)/\(repository)"
            try await Skopeo.push(folder, tag: "inner", to: "\(image):inner")
            try await registry.put(outer, of: folder, to: repository, "outer")
            let all = [outer, inner, children[0], children[1]]

            // The inner index loses its tag, and is still held.
            try lastpull.configure(settings(keepingTags: "outer"))
            let first = try await lastpull.report("clean")
            #expect(first.states == ["\(repository):inner": "done"])
            #expect(try await registry.tags(repository) == ["outer"])
            #expect(try await present(all) == [true, true, true, true])

            try lastpull.configure(settings(keepingTags: "none-of-these"))
            let second = try await lastpull.report("clean")
            #expect(second.state == "done")
            #expect(second.items.count == 4)
            #expect(try await registry.tags(repository).isEmpty)
            #expect(registry.manifests(repository).isEmpty)
        }

        // It is younger than what it signs, and stays only as long as that does.
        @Test func aSignatureDoesNotKeepItsSubject() async throws {
            let digest = try await registry.push(repository, "v1", seed: 4)
            let signed = "sha256-\(digest.encoded).sig"
            try await registry.push(repository, signed, seed: 5)
            try lastpull.configure(settings(keepingTags: "other"))

            let report = try await lastpull.report("clean")

            let images = ["\(repository):v1", "\(repository):\(signed)"]
            #expect(report.states == Dictionary(uniqueKeysWithValues: images.map { ($0, "done") }))
            #expect(registry.manifests(repository).isEmpty)
        }
    }
}
