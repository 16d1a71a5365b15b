import Foundation
import RegistryModel
import TestSupport
import Testing

extension Hearing {
    /// What counts as use, from a real registry's notifications.
    @Suite(.serialized) struct CountsTests {
        // Clients differ in how they ask for an image; its use is the sum of all ways.
        @Test func readsByTagAndByDigestCreditTheSameImage() async throws {
            let began = Date()
            let scene = try await HearingScene.start()
            let digest = try await scene.push("team/api:v1", seed: 1)
            for reference in ["v1", "\(digest)"] {
                for method in ["GET", "HEAD", "GET"] {
                    try await scene.read("team/api", reference, method: method)
                }
            }
            try await scene.everythingIsHeard()
            for image in ["team/api:v1", "team/api@\(digest)"] {
                let explanation = try await scene.daemon.explain(image)
                // The push and six reads.
                #expect(explanation.accesses == 7, "\(image)")
                let last = try #require(explanation.lastAccessDate)
                #expect(last > began && last <= Date(), "\(image)")
            }
        }

        // A registry with two endpoints for one lastpull says everything twice, with the same ids.
        @Test func whatTheRegistryDeliversTwiceCountsOnce() async throws {
            let scene = try await HearingScene.start(probe: "1h") { daemon in
                [.init(url: daemon.hook("local")), .init(url: daemon.hook("local"))]
            }
            try await scene.push("team/api:v1", seed: 2)
            for _ in 0..<3 { try await scene.read("team/api", "v1") }
            try await scene.everythingIsHeard()
            try await eventually("the other copies are heard") {
                let source = try await scene.daemon.statistics().sources.first
                return (source?.duplicates ?? 0) >= 4
            }
            #expect(try await scene.daemon.explain("team/api:v1").accesses == 4)
        }

        // A sender that missed our answer sends the same request again.
        @Test func anEnvelopeSentAgainIsAnsweredWithDuplicates() async throws {
            let scene = try await HearingScene.start()
            let digest = try await scene.push("team/api:v1", seed: 9)
            let events = (0..<2).map { _ in
                HearingEnvelope.event(repository: "team/api", digest: "\(digest)")
            }
            let body = HearingEnvelope.envelope(events)
            #expect(try await scene.daemon.deliver(body) == DeliveryCounts(accepted: 2))
            #expect(try await scene.daemon.deliver(body) == DeliveryCounts(duplicates: 2))
            try await scene.everythingIsHeard()
            // The push and the two.
            #expect(try await scene.daemon.explain("team/api:v1").accesses == 3)
        }

        // Else an image would be kept because lastpull looks whether it may go.
        @Test func ownReadsDoNotCount() async throws {
            let scene = try await HearingScene.start()
            let digest = try await scene.push("team/api:v1", seed: 3)
            try await scene.read("team/api", "v1")
            try await scene.everythingIsHeard()
            for _ in 0..<3 { _ = try await scene.daemon.plan() }
            try await eventually("probes read the manifests too") {
                scene.registry.accessLog.contains(" probe/")
            }
            try await scene.everythingIsHeard()
            #expect(scene.registry.ownManifestReads(digest) > 0)
            #expect(try await scene.daemon.explain("team/api:v1").accesses == 2)
        }

        // A client asks for the index and then for its own platform, or only for the platform.
        @Test func aPlatformPulledByDigestCountsForTheTagOfItsIndex() async throws {
            let scene = try await HearingScene.start(policies: HearingScene.removesUnpulled)
            var folder = try ImageFolder()
            let image = try folder.addMultiPlatformImage(tag: "pushed") { platform in
                [.random(2_000, seed: platform == .amd64 ? 4 : 5)]
            }
            for tag in ["used", "unused"] {
                let name = "\(scene.registry.host)/team/\(tag):v1"
                try await Skopeo.push(folder, tag: "pushed", to: name)
            }
            try await scene.read("team/used", "\(image.children[1])")
            try await scene.everythingIsHeard()
            // Until the contents are read nobody knows what belongs to what, and all is kept.
            let plan = try await eventualValue("a plan that removes") {
                let plan = try await scene.daemon.plan()
                return plan.items.isEmpty ? nil : plan
            }
            #expect(plan.images.contains("team/unused:v1"))
            #expect(Set(plan.items.map(\.repository)) == ["team/unused"])
        }
    }

    /// What is not use, though it is reported as if it were.
    @Suite(.serialized) struct PushChecksTests {
        // A tag that is overwritten every night is not thereby an image in use.
        @Test func anOverwrittenImageHasNoReads() async throws {
            let scene = try await HearingScene.start(policies: HearingScene.onlyReads)
            let old = try await scene.push("team/api:nightly", seed: 6)
            try await scene.push("team/api:nightly", seed: 7)
            try await scene.everythingIsHeard()
            #expect(try await scene.daemon.explain("team/api@\(old)").accesses == 0)
            #expect(try await scene.daemon.explain("team/api:nightly").accesses == 0)
        }

        // Some clients read the tag that they are about to push, to skip what is there already.
        @Test func aLookRightBeforeThePushIsPartOfIt() async throws {
            let scene = try await HearingScene.start(policies: HearingScene.onlyReads)
            var folder = try ImageFolder()
            let old = try folder.addImage(tag: "old", layers: [.random(2_000, seed: 8)])
            let new = try folder.addImage(
                tag: "new",
                layers: [.random(2_000, seed: 8)],
                labels: ["version": "2"]
            )
            let host = scene.registry.host
            try await Skopeo.push(folder, tag: "old", to: "\(host)/team/api:nightly")
            try await Skopeo.push(folder, tag: "new", to: "\(host)/team/api:other")
            // A pull by somebody else stays counted.
            try await scene.read("team/api", "nightly")
            _ = try await scene.registry.digest("team/api", "nightly")
            try await scene.registry.put(new, of: folder, to: "team/api", "nightly")
            try await scene.everythingIsHeard()
            #expect(try await scene.daemon.explain("team/api@\(old)").accesses == 1)
            #expect(try await scene.daemon.explain("team/api@\(new)").accesses == 0)
            #expect(try await scene.daemon.explain("team/api:nightly").accesses == 1)
        }
    }
}

extension HearingScene {
    static let onlyReads = """
          - { name: read, count: [pull, resolve], keep: { accessed: { atLeast: 1, within: 1h } } }
        """
}

extension RealRegistry {
    /// How many times lastpull itself has read a manifest by its digest.
    fileprivate nonisolated func ownManifestReads(_ digest: Digest) -> Int {
        accessLog.split(separator: "\n")
            .count { $0.contains("/manifests/\(digest)") && $0.contains("lastpull/") }
    }
}
