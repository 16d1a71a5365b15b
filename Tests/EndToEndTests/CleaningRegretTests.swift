import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// What is asked for after it went: told, explained, protecting its like, pausing its policy.
    @Suite(.enabled(if: hasRegistry, registryMissing)) struct Regretting {
        private let lastpull: LastpullDaemon
        private let registry: RealRegistry
        private let repository = "team/app"

        init() async throws {
            lastpull = try LastpullDaemon()
            registry = try await .start(.init(cache: false))
        }

        private struct Told: Decodable {
            let repository: String
            let tag: String?
            let kind: String
            let run: String
            let policy: String?
            let requests: Int
            let isBack: Bool
        }

        private struct Gone: Decodable {
            let verdict: String
            let reason: String
            let run: String?
            let trigger: String?
            let policy: String?
            let removedAt: Int64?
            let restorable: Bool?
            let restore: String?
            let regret: Told?
        }

        private func told() async throws -> [Told] {
            let result = try await lastpull.run("regrets", "--json")
            try #require(result.status == 0, "\(result.errors)")
            return try JSONDecoder().decode([Told].self, from: Data(result.output.utf8))
        }

        private func gone(_ image: String) async throws -> Gone {
            let result = try await lastpull.run("explain", image, "--json")
            try #require(result.status == 0, "\(result.errors)")
            return try JSONDecoder().decode(Gone.self, from: Data(result.output.utf8))
        }

        private func settings(_ keep: String, _ policy: String = "") -> String {
            CleaningSettings(url: registry.url, keep: keep, policy: policy).text
        }

        @Test func aRequestForWhatWentIsARegret() async throws {
            for (seed, tag) in ["v1", "v2", "v3"].enumerated() {
                try await registry.push(repository, tag, seed: UInt64(seed))
            }
            try await registry.push("other/app", "v1", seed: 9)
            let most = "{ pushed: { within: 0s }, tags: [v2, v3] }"
            try lastpull.configure(settings(most))
            let run = try await lastpull.report("clean", "--repository", repository)
            #expect(run.states == ["team/app:v1": "done"])
            try await lastpull.start()

            // Somebody asks for one that went, and one that never was; v3 is there.
            let asked = try await registry.manifest(repository, "v1")
            #expect(asked.status == 404)
            _ = try await registry.manifest(repository, "never")
            _ = try await registry.manifest(repository, "v3")
            _ = try await lastpull.deliver(Array(registry.accessLog.utf8), to: "logs/local")
            _ = try await lastpull.deliver(Array(registry.accessLog.utf8), to: "logs/local")
            #expect(try await told().isEmpty, "it may still be a check before a push")
            try await eventually("the regret is told", within: .seconds(100)) {
                try await !told().isEmpty
            }

            let regrets = try await told()
            #expect(regrets.map(\.tag) == ["v1"])
            #expect(regrets.first?.run == run.run && regrets.first?.policy == "p")
            #expect(regrets.first?.requests == 1 && regrets.first?.isBack == false)
            let events = try await lastpull.events("--filter", "event=regret")
            #expect(events.map(\.type) == ["tag"])
            #expect(events.first?["image"] == "team/app:v1")
            #expect(events.first?["run"] == run.run)

            let why = try await gone("team/app:v1")
            #expect(why.verdict == "gone" && why.reason == "notProtected")
            #expect(why.run == run.run && why.trigger == "clean" && why.policy == "p")
            #expect(why.removedAt != nil && why.restorable == true)
            #expect(why.regret?.requests == 1)

            // Its like stays, the rest waits; an approval carries on.
            try lastpull.configure(
                settings("{ pushed: { within: 0s } }", "brake: { regrets: 1 }")
            )
            let waiting = try await lastpull.report("clean")
            #expect(waiting.state == "waiting" && waiting.note.contains("lastpull regrets"))
            #expect(waiting.states == ["other/app:v1": "planned"])
            #expect(waiting.keptReasons == ["regretted": 2])
            let approved = try await lastpull.report("approve", waiting.run)
            #expect(approved.states == ["other/app:v1": "done"])
            try await registry.push("other/app", "v2", seed: 10)
            let next = try await lastpull.report("clean")
            #expect(next.states == ["other/app:v2": "done"])
            #expect(try await registry.tags(repository) == ["v2", "v3"])

            let restored = try await lastpull.run("restore", "team/app:v1")
            #expect(restored.status == 0, "\(restored.errors)")
            #expect(try await told().map(\.isBack) == [true])
        }

        @Test func labelsKeepAnImageAndWhatCannotBeReadStays() async throws {
            var folder = try ImageFolder()
            try folder.addImage(
                tag: "kept",
                layers: [.random(2_000, seed: 1)],
                labels: ["org.example/keep": "yes"]
            )
            try folder.addImage(tag: "plain", layers: [.random(2_000, seed: 2)])
            let (_, children) = try folder.addMultiPlatformImage(tag: "multi") { platform in
                [.random(2_000, seed: platform == .amd64 ? 3 : 4)]
            }
            let broken = try folder.addImage(
                tag: "broken",
                layers: [.random(2_000, seed: 5)],
                labels: ["gone": ""]
            )
            for tag in ["kept", "plain", "multi", "broken"] {
                try await Skopeo.push(folder, tag: tag, to: "\(registry.host)/\(repository):\(tag)")
            }
            let manifest = try folder.bytes(of: broken)
            let configuration = try #require(ImageConfiguration.place(in: manifest)).digest
            try FileManager.default.removeItem(atPath: registry.blobPath(configuration))
            try lastpull.configure(
                settings("{ pushed: { within: 0s }, labels: [\"*/keep=y*\"] }")
            )

            let report = try await lastpull.report("clean")

            #expect(report.keptReasons == ["label": 1, "labelsUnread": 1])
            #expect(try await registry.tags(repository) == ["broken", "kept"])
            #expect(registry.manifests(repository).isDisjoint(with: children))
            let why = try await gone("team/app:broken")
            #expect(why.verdict == "keep" && why.reason == "labelsUnread")
        }

        @Test func versionsKeepTheNewest() async throws {
            let tags = ["1.0.0", "1.0.1", "1.1.0", "2.0.0", "2.0.0-rc.1", "1", "latest"]
            for (seed, tag) in tags.enumerated() {
                try await registry.push(repository, tag, seed: UInt64(seed))
            }
            try lastpull.configure(
                settings("{ pushed: { within: 0s }, semver: { majors: 2, minors: 1 } }")
            )
            let result = try await lastpull.run("check")
            #expect(result.output.contains("latest and main go"), "\(result.output)")
            try await lastpull.report("clean")
            #expect(try await registry.tags(repository) == ["1", "1.1.0", "2.0.0", "2.0.0-rc.1"])
        }
    }
}
