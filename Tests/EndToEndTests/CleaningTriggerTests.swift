import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// Thresholds fire, and stop at their low mark (design, section 5.4).
    struct Triggers {
        private let lastpull: LastpullDaemon
        private let registry: FakeRegistry
        private let repository = "team/app"

        init() async throws {
            lastpull = try LastpullDaemon()
            registry = try await .start(mode: .distribution3)
            await registry.notify(url: lastpull.hook("local"))
        }

        /// Starts with five images of 100 kB, of which `t2` and then `t1` are pulled.
        private func startWithFiveImages(_ settings: CleaningSettings) async throws {
            for seed in 1...5 {
                await registry.add(repository, "t\(seed)", seed: UInt64(seed), bytes: 100_000)
            }
            try await lastpull.start(settings: settings.text)
            try await lastpull.knows("\(repository):t5")
            try await registry.pull(repository, "t2")
            try await registry.pull(repository, "t1")
            try await lastpull.counts(1, of: "\(repository):t1")
        }

        private func settings(_ trigger: String, keep: String? = nil) -> CleaningSettings {
            var settings = CleaningSettings(url: registry.url)
            settings.keep = keep ?? settings.keep
            settings.triggers = ["{ name: full, registry: local, \(trigger) }"]
            return settings
        }

        private func tagsBecome(_ tags: Set<String>) async throws {
            try await eventually("the tags are \(tags.sorted())") {
                await registry.tagNames(repository) == tags
            }
        }

        /// Waits for the end of the only run so far and returns it whole.
        private func onlyRun() async throws -> CleaningReport {
            let run = try await eventualValue("one run has ended") {
                try await lastpull.summaries().first { $0.endedAt != nil }
            }
            #expect(try await lastpull.summaries().count == 1)
            return try await lastpull.report("runs", run.run)
        }

        // The sixth image crosses each; three have to go, and those are the ones that nobody
        // pulled, not the two oldest and the newest.
        @Test(arguments: [
            "tags: 5, until: 3", "repositoryBytes: 550KB, until: 350KB",
            "registryBytes: 550KB, until: 350KB",
        ])
        func removesTheLeastRecentlyAccessedDownToTheLowMark(trigger: String) async throws {
            try await startWithFiveImages(settings(trigger))
            #expect(try await lastpull.summaries().isEmpty, "the high mark is not crossed yet")

            try await registry.push(repository, "t6", seed: 6, bytes: 100_000)

            try await tagsBecome(["t1", "t2", "t6"])
            let run = try await onlyRun()
            #expect(run.state == "done")
            #expect(Set(run.items.compactMap(\.tag)) == ["t3", "t4", "t5"])
            try await lastpull.terminate()
            await registry.stop()
        }

        // Neither has a low mark: all that the policy lets go goes.
        @Test(arguments: ["pushes: 1", "every: 2s"])
        func removesAllThatThePolicyLetsGo(trigger: String) async throws {
            let keep = "{ pushed: { within: 0s }, tags: [t1, t2, t6] }"
            try await startWithFiveImages(settings("\(trigger), cooldown: 0s", keep: keep))
            try await registry.push(repository, "t6", seed: 6, bytes: 100_000)
            try await tagsBecome(["t1", "t2", "t6"])
            try await lastpull.terminate()
            await registry.stop()
        }

        // The first fires as often as it may, and frees nothing, since the policy keeps all that it is
        // about; the second waits for its turn, and gets it.
        @Test func noTriggerStarvesBehindOneThatFiresAllTheTime() async throws {
            for seed in 1...6 {
                await registry.add(repository, "keep\(seed)", seed: UInt64(seed), bytes: 50_000)
            }
            for seed in 11...12 {
                await registry.add("team/loose", "t\(seed)", seed: UInt64(seed), bytes: 200_000)
            }
            var settings = CleaningSettings(url: registry.url)
            settings.keep = #"{ pushed: { within: 0s }, tags: ["keep*"] }"#
            settings.triggers = [
                "{ name: often, registry: local, repositories: [\(repository)], tags: 5, until: 3, "
                    + "cooldown: 1s }",
                "{ name: size, registry: local, registryBytes: 650KB, until: 600KB }",
            ]
            try await lastpull.start(settings: settings.text)
            try await eventually("the second has run", within: .seconds(40)) {
                await registry.tagNames("team/loose").count == 1
            }
            #expect(lastpull.log.contains("often"))
            #expect(await registry.tagNames(repository).count == 6)
            try await lastpull.terminate()
            await registry.stop()
        }

        // What one trigger has counted is still new to the other: after three pushes the second fires
        // although the first has run after two.
        @Test func eachTriggerCountsPushesByItself() async throws {
            var settings = CleaningSettings(url: registry.url)
            settings.triggers = [
                "{ name: second, registry: local, pushes: 2, cooldown: 0s }",
                "{ name: third, registry: local, pushes: 3, cooldown: 0s }",
            ]
            try await lastpull.start(settings: settings.text)
            var causes: [String] = []
            for seed in 1...4 {
                try await registry.push(repository, "t\(seed)", seed: UInt64(seed))
                if seed == 1 { continue }
                causes = try await eventualValue("run \(seed - 1) has ended") {
                    let runs = try await lastpull.summaries().filter { $0.endedAt != nil }
                    return runs.count >= seed - 1 ? runs.reversed().map(\.cause) : nil
                }
            }
            #expect(causes == ["second", "third", "second"])
            try await lastpull.terminate()
            await registry.stop()
        }

        // A tag that moves on leaves its manifest without one. The first was pulled by its digest,
        // as a cluster does that pins it: it stays although the others are not enough then.
        @Test(arguments: ["untagged: 3, until: 1", "untaggedBytes: 350KB, until: 150KB"])
        func sweepsWhatNothingHoldsDownToTheLowMark(trigger: String) async throws {
            let settings = settings("\(trigger), cooldown: 0s", keep: CleaningSettings.pulled)
            try await lastpull.start(settings: settings.text)
            try await registry.push(repository, "moving", seed: 1, bytes: 100_000)
            let pinned = try #require(await registry.tags(repository)["moving"])
            try await registry.pull(repository, pinned.description)
            for seed in 2...5 {
                try await registry.push(repository, "moving", seed: UInt64(seed), bytes: 100_000)
            }
            let current = try #require(await registry.tags(repository)["moving"])

            try await eventually("three of four untagged manifests are gone") {
                await registry.manifests(repository) == [pinned, current]
            }
            let run = try await onlyRun()
            #expect(run.items.count == 3)
            #expect(run.items.allSatisfy { $0.kind == "manifest" && $0.reason == "untagged" })
            try await lastpull.terminate()
            await registry.stop()
        }

        @Test func waitsOutItsCooldown() async throws {
            for seed in 1...3 { await registry.add(repository, "t\(seed)", seed: UInt64(seed)) }
            let settings = settings("tags: 3, until: 2, cooldown: 4s")
            try await lastpull.start(settings: settings.text)
            try await lastpull.knows("\(repository):t3")
            try await registry.push(repository, "t4", seed: 4)
            try await eventually("the first run has ended") {
                try await lastpull.summaries().contains { $0.endedAt != nil }
            }

            try await registry.push(repository, "t5", seed: 5)
            try await registry.push(repository, "t6", seed: 6)
            try await eventually("a second run has ended") {
                try await lastpull.summaries().count { $0.endedAt != nil } == 2
            }

            let runs = try await lastpull.summaries()
            let firstEnd = try #require(runs[1].endedAt)
            #expect(runs[0].createdAt - firstEnd >= 4_000)
            #expect(await registry.tagNames(repository).count == 2)
            try await lastpull.terminate()
            await registry.stop()
        }

        @Test func observingStoresAndAnnouncesAPlanAndRemovesNothing() async throws {
            var settings = settings("tags: 5, until: 3")
            settings.mode = "observe"
            try await startWithFiveImages(settings)
            try await registry.push(repository, "t6", seed: 6, bytes: 100_000)

            let run = try await onlyRun()

            #expect(run.mode == "observe")
            #expect(run.state == "planned")
            #expect(Set(run.items.compactMap(\.tag)) == ["t3", "t4", "t5"])
            #expect(run.items.allSatisfy { $0.state == "planned" })
            let events = try await lastpull.events("--filter", "event=plan")
            #expect(events.count == 1)
            #expect(events.first?["run"] == run.run)
            #expect(events.first?["trigger"] == "full")
            #expect(events.first?["items"] == "3")
            #expect(await registry.tagNames(repository).count == 6)
            #expect(await registry.named(by: "DELETE").isEmpty, "not even a trial")
            try await lastpull.terminate()
            await registry.stop()
        }

        // Where the policy keeps too much, the reason is said, and nothing else goes instead.
        @Test func saysWhyItCouldNotFreeEnough() async throws {
            let keep = #"{ pushed: { within: 0s }, tags: ["/t[1-5]/"] }"#
            try await startWithFiveImages(settings("tags: 5, until: 3", keep: keep))
            try await registry.push(repository, "t6", seed: 6, bytes: 100_000)

            let event = try await eventualValue("it is announced") {
                try await lastpull.events("--filter", "event=insufficient").first
            }

            #expect(event["why"]?.contains("tagPattern 5") == true, "\(event)")
            #expect(await registry.tagNames(repository) == ["t1", "t2", "t3", "t4", "t5"])
            try await lastpull.terminate()
            await registry.stop()
        }

        // A week has to be heard before anything may go. Till then no tag is looked at, or the walk
        // over a large registry would start again and again: that these are fresh is not found out.
        @Test func looksAtNoTagWhileTheHistoryIsIncomplete() async throws {
            let keep = "{ accessed: { atLeast: 1, within: 7d }, pushed: { within: 24h } }"
            try await startWithFiveImages(settings("tags: 5, until: 3", keep: keep))
            try await registry.push(repository, "t6", seed: 6, bytes: 100_000)

            let event = try await eventualValue("it is announced") {
                try await lastpull.events("--filter", "event=insufficient").first
            }

            #expect(
                event["why"] == "needed 3 tags, found 0 (kept: historyIncomplete 6)",
                "\(event)"
            )
            #expect(await registry.tagNames(repository).count == 6)
            // By hand each is looked at, and has a reason of its own.
            let plan = try await lastpull.report("plan")
            #expect(plan.keptReasons["freshPush"] != nil, "\(plan.keptReasons)")
            #expect(plan.kept == 6)
            try await lastpull.terminate()
            await registry.stop()
        }
    }
}
