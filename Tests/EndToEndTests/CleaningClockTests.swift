import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// A clock that leaps ahead makes everything old, and nothing unused.
    @Suite(
        .serialized,
        .enabled(if: Cleaning.hasRegistry, Cleaning.registryMissing),
        .enabled(if: MovedClock.isAvailable, "needs a C compiler on PATH")
    )
    struct ClockTests {
        private let clock: MovedClock
        private let daemon: LastpullDaemon
        private let registry: RealRegistry

        init() async throws {
            clock = try await MovedClock()
            daemon = try LastpullDaemon(environment: clock.environment)
            registry = try await RealRegistry.start(
                .init(endpoints: [.init(url: daemon.hook("local"))])
            )
        }

        /// Starts it over an image that was pulled and one that was not; both are fresh.
        private func start(
            keep: String,
            every interval: String = "2s",
            policy: String = "",
            registry own: String = ""
        ) async throws {
            var settings = CleaningSettings(url: registry.url)
            settings.keep = keep
            settings.policy = policy
            settings.registry = own
            settings.triggers = ["{ name: often, every: \(interval), cooldown: 1s }"]
            try await daemon.start(settings: settings.text)
            for (index, tag) in ["pulled", "other"].enumerated() {
                try await registry.push("team/api", tag, seed: 70 + UInt64(index))
            }
            let answer = try await registry.manifest(
                "team/api",
                "pulled",
                headers: ["User-Agent": "containerd/v2.0.2"]
            )
            #expect(answer.status == 200)
            try await daemon.counts(1, of: "team/api:pulled")
            try await daemon.knows("team/api:other")
        }

        /// Waits until a trigger has looked at both by the wrong clock, and left them alone.
        private func expectNothingGoes() async throws {
            try await eventually("the trigger says why nothing goes", within: .seconds(60)) {
                daemon.log.contains("trigger freed less than needed")
                    && daemon.log.contains("the clock leapt from")
            }
            let tags = try await registry.tags("team/api")
            #expect(Set(tags) == ["other", "pulled"])
            let plan = try await daemon.run("plan", "--json")
            let report = try JSONDecoder().decode(
                CleaningReport.self,
                from: Data(plan.output.utf8)
            )
            #expect(report.items.isEmpty)
            #expect(report.keptReasons["clockInDoubt"] == 2)
            #expect(report.note.contains("set it right"))
            let check = try await daemon.run("check")
            #expect(check.output.contains("the clock leapt from"))
        }

        @Test func aLeapWhileWeRunRemovesNothing() async throws {
            try await start(
                keep: "{ accessed: { atLeast: 1, within: 1h }, pushed: { within: 1h } }"
            )
            try clock.set(ahead: .seconds(3 * 3_600))
            try await expectNothingGoes()
            // Set right, it is in doubt no longer.
            try clock.set(ahead: .zero)
            try await eventually("the clock is believed again", within: .seconds(30)) {
                let said = try await daemon.run("explain", "team/api:other", "--json").output
                return said.contains("\"freshPush\"") && !said.contains("clockInDoubt")
            }
            #expect(Set(try await registry.tags("team/api")) == ["other", "pulled"])
        }

        // By the wrong clock its time had come; it comes by the right one, and not an interval later.
        @Test func aTriggerThatWasHeldHasNotRun() async throws {
            let began = ContinuousClock.now
            try await start(keep: CleaningSettings.pulled, every: "30s")
            try await eventually("half of the interval is over", within: .seconds(20)) {
                ContinuousClock.now - began > .seconds(15)
            }
            try clock.set(ahead: .seconds(3 * 3_600))
            try await expectNothingGoes()
            try clock.set(ahead: .zero)
            try await eventually("it runs", within: .seconds(22)) {
                try await registry.tags("team/api") == ["pulled"]
            }
        }

        // A fresh plan would remove nothing now, and what waits would be lost.
        @Test func noPlanIsApprovedWhileItIsInDoubt() async throws {
            try await start(
                keep: "{ pushed: { within: 0s } }",
                every: "1h",
                policy: "brake: { items: 1 }"
            )
            try await expectNoApproval(try await waiting(after: "clean"))
            #expect(try await registry.tags("team/api").isEmpty)
        }

        @Test func noSweepIsApprovedWhileItIsInDoubt() async throws {
            try await start(
                keep: "{ newest: 9 }",
                every: "1h",
                policy: "brake: { bytes: 1% }",
                registry: "storage: \(registry.storage)\n    grace: 1s"
            )
            let gone = try await registry.push("team/api", "gone", seed: 72)
            let answer = try await registry.manifest("team/api", "\(gone)", method: "DELETE")
            try #require(answer.status == 202)
            let disk = RegistryDisk(registry.storage)
            disk.age(by: 26 * 3_600)
            try await expectNoApproval(try await waiting(after: "sweep"))
            #expect(!disk.quarantinedFiles.isEmpty)
        }

        /// The run of a command that a brake holds, once the grace is over.
        private func waiting(after command: String) async throws -> String {
            try await eventualValue("\(command) waits", within: .seconds(30)) {
                let result = try await daemon.run(command, "--json")
                let report = try StorageReport(result, status: 0, #_sourceLocation)
                return report.state == "waiting" ? report.run : nil
            }
        }

        /// Approves a run by the wrong clock, and by the right one.
        private func expectNoApproval(_ run: String) async throws {
            try clock.set(ahead: .seconds(1_800))
            let refused = try await daemon.run("approve", run)
            #expect(refused.status == 1, "\(refused.output)")
            #expect(refused.errors.contains("the clock leapt from"), "\(refused.errors)")
            #expect(try await daemon.summaries().first { $0.run == run }?.state == "waiting")
            try clock.set(ahead: .zero)
            try await eventually("it is carried out", within: .seconds(30)) {
                try await daemon.run("approve", run).status == 0
            }
        }

        // What the registry kept is stamped by a clock that seems to be eight days behind.
        @Test func aStartAfterALeapRemovesNothing() async throws {
            try await start(keep: "{ accessed: { atLeast: 1, within: 7d } }")
            try await daemon.kill()
            try clock.set(ahead: .seconds(8 * 86_400))
            try await daemon.start()
            try await expectNothingGoes()
            let sources = try await daemon.run("sources", "--json")
            #expect(sources.output.contains("the clock leapt"))
        }
    }
}
