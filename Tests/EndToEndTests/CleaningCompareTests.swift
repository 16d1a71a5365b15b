import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// What changed since the plan is not removed (design, sections 5.3, 5.4 and 5.6).
    struct Comparing {
        private let lastpull: LastpullDaemon

        init() throws { lastpull = try LastpullDaemon() }

        private func waitingPlan(_ registry: FakeRegistry) async throws -> CleaningReport {
            var settings = CleaningSettings(url: registry.url, keep: CleaningSettings.pulled)
            settings.policy = "brake: { items: 1 }"
            for seed in 1...4 {
                await registry.add("team/app", "v\(seed)", seed: UInt64(seed))
            }
            await registry.notify(url: lastpull.hook("local"))
            try await lastpull.start(settings: settings.text)
            let report = try await lastpull.report("clean")
            #expect(report.state == "waiting")
            #expect(report.note.contains("approve \(report.run)"), "\(report.note)")
            #expect(report.items.count == 4)
            #expect(await registry.named(by: "DELETE").isEmpty)
            return report
        }

        @Test func approvingSkipsWhatWasPushedOrPulledSinceThePlan() async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            let plan = try await waitingPlan(registry)
            try await registry.push("team/app", "v1", seed: 11)
            try await registry.pull("team/app", "v2")
            try await lastpull.counts(1, of: "team/app:v2")

            let report = try await lastpull.report("approve", plan.run, status: 2)

            #expect(report.run == plan.run)
            #expect(report.state == "partly")
            #expect(
                report.states == [
                    "team/app:v1": "skipped", "team/app:v2": "skipped", "team/app:v3": "done",
                    "team/app:v4": "done",
                ]
            )
            #expect(try report.item("team/app:v1").detail != "")
            #expect(try report.item("team/app:v2").detail != "")
            #expect(await registry.tagNames("team/app") == ["v1", "v2"])

            let again = try await lastpull.run("approve", plan.run)
            #expect(again.status == 1)
            #expect(again.errors.contains("does not wait for approval, it is partly"))
            try await lastpull.terminate()
            await registry.stop()
        }

        // Nobody reported the push: the registry itself is asked before each removal.
        @Test func aTagThatMovedUnheardIsSkipped() async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            let plan = try await waitingPlan(registry)
            await registry.stopNotifying()
            try await registry.push("team/app", "v1", seed: 11)
            let moved = await registry.tags("team/app")["v1"]

            let report = try await lastpull.report("approve", plan.run, status: 2)

            #expect(try report.item("team/app:v1").state == "skipped")
            #expect(try report.item("team/app:v1").detail.contains("points to"))
            #expect(await registry.tags("team/app")["v1"] == moved)
            #expect(await registry.tagNames("team/app") == ["v1"])
            try await lastpull.terminate()
            await registry.stop()
        }

        // The same image in two repositories: while one keeps it, the other releases nothing.
        @Test func whatASkippedItemSharesIsNotReleased() async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            for repository in ["x/one", "x/two"] {
                await registry.add(repository, "same", seed: 1, bytes: 5_000)
            }
            await registry.notify(url: lastpull.hook("local"))
            var settings = CleaningSettings(url: registry.url, keep: CleaningSettings.pulled)
            settings.policy = "brake: { items: 0 }"
            try await lastpull.start(settings: settings.text)
            let plan = try await lastpull.report("clean")
            #expect(plan.state == "waiting" && plan.items.count == 2 && plan.released > 5_000)
            try await registry.pull("x/one", "same")
            try await lastpull.counts(1, of: "x/one:same")

            let report = try await lastpull.report("approve", plan.run, status: 2)

            #expect(report.states == ["x/one:same": "skipped", "x/two:same": "done"])
            #expect(report.released == 0)
            let event = try #require(try await lastpull.events("--filter", "event=prune").first)
            #expect(event["items"] == "1" && event["released"] == "0")
            try await lastpull.terminate()
            await registry.stop()
        }

        @Test(arguments: ["01JDZZZZZZZZZZZZZZZZZZZZZZ", "no-run", "../../etc/passwd"])
        func aRunThatIsNotThereIsNamed(name: String) async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            for command in ["approve", "runs"] {
                let result = try await lastpull.run(command, name)
                #expect(result.status == 1)
                #expect(result.errors.contains("no run \(name) in the ledger"), "\(result.errors)")
            }
            await registry.stop()
        }

        @Test func oneCleanupAtATimeForARegistry() async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            await registry.add("team/app", "v1", seed: 1)
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            await registry.fail(.slow(.seconds(4))) { method, path in
                method == "DELETE" && path.hasSuffix("/v1")
            }
            let lastpull = lastpull
            async let first = lastpull.report("clean")
            try await eventually("the first is at work") {
                await registry.named(by: "DELETE").contains("v1")
            }

            let second = try await lastpull.run("clean")
            #expect(second.status == 1)
            #expect(second.errors.contains("a cleanup is already running"), "\(second.errors)")
            // Looking is always possible.
            #expect(try await lastpull.run("plan").status == 0)

            #expect(try await first.states == ["team/app:v1": "done"])
            // The lock is gone with the run.
            #expect(try await lastpull.run("clean").status == 0)
            await registry.stop()
        }
    }
}
