import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// Plans that wait for approval while the registry goes on changing.
    struct Superseded {
        // What was only observed, and would be the same now, has to be approved all the same.
        @Test func aPlanThatWasObservedWaitsOnceItsPolicyEnforces() async throws {
            let lastpull = try LastpullDaemon()
            let registry = try await FakeRegistry.start(mode: .distribution3)
            await registry.notify(url: lastpull.hook("local"))
            var settings = CleaningSettings(url: registry.url)
            settings.mode = "observe"
            settings.policy = "brake: { items: 1 }"
            settings.triggers = ["{ name: full, registry: local, tags: 3, until: 1, cooldown: 0s }"]
            for seed in 1...4 { await registry.add("team/app", "t\(seed)", seed: UInt64(seed)) }
            try await lastpull.start(settings: settings.text)
            try await eventually("the plan is stored") {
                try await lastpull.summaries().map(\.state) == ["planned"]
            }
            try await lastpull.terminate()
            settings.mode = "enforce"
            try await lastpull.start(settings: settings.text)
            try await eventually("the plan waits") {
                try await lastpull.summaries().map(\.state) == ["waiting", "planned"]
            }
            try await lastpull.terminate()
            await registry.stop()
        }

        @Test func aNewerPlanOfATriggerEndsTheOlder() async throws {
            let lastpull = try LastpullDaemon()
            let registry = try await FakeRegistry.start(mode: .distribution3)
            await registry.notify(url: lastpull.hook("local"))
            var settings = CleaningSettings(url: registry.url)
            settings.policy = "brake: { items: 1 }"
            settings.triggers = ["{ name: full, registry: local, pushes: 1, cooldown: 0s }"]
            for seed in 1...2 { await registry.add("team/app", "t\(seed)", seed: UInt64(seed)) }
            try await lastpull.start(settings: settings.text)
            try await lastpull.knows("team/app:t2")

            var waiting: [String] = []
            for seed in 3...5 {
                try await registry.push("team/app", "t\(seed)", seed: UInt64(seed))
                let plan = try await eventualValue("a plan of \(seed) tags waits") {
                    try await lastpull.summaries()
                        .first { $0.state == "waiting" && $0.items == seed }
                }
                waiting.append(plan.run)
            }
            let newest = try #require(waiting.last)
            let runs = try await lastpull.summaries()
            #expect(runs.filter { $0.state == "waiting" }.map(\.run) == [newest])
            #expect(runs.filter { $0.state == "superseded" }.map(\.run).contains(waiting[0]))
            let list = try await lastpull.run("runs").output
            #expect(list.contains("superseded by run \(waiting[1])"), "\(list)")
            let refused = try await lastpull.run("approve", waiting[0])
            #expect(refused.status == 1)
            #expect(refused.errors.contains("lastpull approve \(newest)"), "\(refused.errors)")
            #expect(await registry.tagNames("team/app").count == 5)

            let report = try await lastpull.report("approve", newest)
            #expect(report.states.values.allSatisfy { $0 == "done" })
            #expect(await registry.tagNames("team/app").isEmpty)
            try await lastpull.terminate()
            await registry.stop()
        }
    }
}
