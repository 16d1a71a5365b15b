import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// A registry that refuses, fails or is not there: what could be done is done, the rest is
    /// said, and nothing waits for ever (design, section 5.6).
    struct Failures {
        private let lastpull: LastpullDaemon

        init() throws { lastpull = try LastpullDaemon() }

        // Overwriting a tag and then not being able to delete would destroy the image.
        @Test(.enabled(if: hasRegistry, registryMissing), arguments: [false, true])
        func overwritesNothingWithDeletesSwitchedOff(isShared: Bool) async throws {
            let registry = try await RealRegistry.start(.init(deletes: false))
            let digest = try await registry.push("team/app", "v1", seed: 1)
            if isShared { try await registry.push("team/app", "keep-me", seed: 1) }
            var settings = CleaningSettings(url: registry.url)
            settings.keep = #"{ pushed: { within: 0s }, tags: ["keep*"] }"#
            try lastpull.configure(settings.text)
            let writes = registry.accessLog.components(separatedBy: "\"PUT ").count

            let report = try await lastpull.report("clean", status: 1)

            let item = try report.item("team/app:v1")
            #expect(item.state == "failed")
            #expect(item.detail.contains("storage.delete.enabled"), "\(item.detail)")
            #expect(report.state == "failed")
            #expect(report.released == 0)
            #expect(try await registry.digest("team/app", "v1") == digest)
            #expect(registry.accessLog.components(separatedBy: "\"PUT ").count == writes)

            let check = try await lastpull.run("check")
            #expect(check.status == 1)
            #expect(check.output.contains("storage.delete.enabled"), "\(check.output)")
        }

        // MARK: Single items

        struct Case: Sendable, CustomTestStringConvertible {
            var testDescription: String
            var fault: FakeRegistry.Fault
            /// How many of the requests to delete `v2` meet it.
            var count: Int
            var state: String
            var status: Int32
            var detail = ""
        }

        // Three items, of which the middle one meets trouble: the run goes on past it.
        @Test(arguments: [
            Case(
                testDescription: "404: somebody else was faster",
                fault: .answer(404),
                count: 1,
                state: "done",
                status: 0
            ),
            Case(
                testDescription: "500 three times, then fine",
                fault: .answer(500),
                count: 3,
                state: "done",
                status: 0
            ),
            Case(
                testDescription: "500 every time",
                fault: .answer(500),
                count: 100,
                state: "failed",
                status: 2,
                detail: "the registry failed"
            ),
            Case(
                testDescription: "403",
                fault: .answer(403),
                count: 100,
                state: "failed",
                status: 2,
                detail: "not permitted"
            ),
            Case(
                testDescription: "carried out, and the connection cut",
                fault: .drop,
                count: 1,
                state: "done",
                status: 0
            ),
            Case(
                testDescription: "slow",
                fault: .slow(.seconds(2)),
                count: 1,
                state: "done",
                status: 0
            ),
            Case(
                testDescription: "a token that has ended",
                fault: .challenge,
                count: 1,
                state: "done",
                status: 0
            ),
            Case(
                testDescription: "401 every time",
                fault: .challenge,
                count: 100,
                state: "failed",
                status: 2,
                detail: "check username and password"
            ),
        ])
        func goesOnPastAnItemInTrouble(_ trouble: Case) async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            await registry.set { $0.authentication = .bearer(user: nil, password: nil, realm: nil) }
            for seed in 1...3 {
                await registry.add("team/app", "v\(seed)", seed: UInt64(seed))
            }
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            await registry.fail(next: trouble.count, trouble.fault) { method, path in
                method == "DELETE" && path.hasSuffix("/manifests/v2")
            }

            let report = try await lastpull.report("clean", status: trouble.status)

            #expect(
                report.states == [
                    "team/app:v1": "done", "team/app:v2": trouble.state, "team/app:v3": "done",
                ]
            )
            let item = try report.item("team/app:v2")
            if trouble.detail.isEmpty {
                #expect(item.detail == "")
            } else {
                #expect(item.detail.contains(trouble.detail), "\(item.detail)")
            }
            #expect(report.state == (trouble.status == 0 ? "done" : "partly"))
            await registry.stop()
        }

        // An answer that never comes in time: the first try has removed it, the second finds out.
        @Test func outlastsADeleteThatIsAnsweredTooLate() async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            await registry.add("team/app", "v1", seed: 1)
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            await registry.fail(.slow(.seconds(55))) { method, path in
                method == "DELETE" && path.hasSuffix("/manifests/v1")
            }
            let report = try await lastpull.report("clean")
            #expect(report.states == ["team/app:v1": "done"])
            #expect(await registry.tagNames("team/app").isEmpty)
            await registry.stop()
        }

        // MARK: The registry as a whole

        @Test func doesAsItIsToldByRetryAfter() async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            for seed in 1...3 {
                await registry.add("team/app", "v\(seed)", seed: UInt64(seed))
            }
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            await registry.fail(next: 2, .answer(429, headers: ["Retry-After": "2"])) { method, _ in
                method == "DELETE"
            }
            let began = ContinuousClock.now
            let report = try await lastpull.report("clean")
            #expect(report.states.values.allSatisfy { $0 == "done" })
            #expect(ContinuousClock.now - began >= .seconds(4))
            await registry.stop()
        }

        @Test func failsWhenEveryItemFails() async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            await registry.add("team/app", "v1", seed: 1)
            await registry.add("team/app", "v2", seed: 2)
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            await registry.fail(next: 100, .answer(500)) { method, path in
                method == "DELETE" && !path.contains("lastpull-trial-")
                    && !path.contains("sha256:")
            }
            let report = try await lastpull.report("clean", status: 1)
            #expect(report.state == "failed")
            #expect(report.states.values.allSatisfy { $0 == "failed" })
            #expect(await registry.tagNames("team/app") == ["v1", "v2"])
            await registry.stop()
        }

        @Test func failsAtOnceWhenTheRegistryIsDown() async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            await registry.add("team/app", "v1", seed: 1)
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            try await lastpull.report("plan")
            await registry.stop()

            let result = try await lastpull.run("clean", "--json", within: .seconds(20))

            #expect(result.status == 1)
            #expect(result.errors.contains("connection refused"), "\(result.errors)")
            #expect(try await lastpull.summaries().count == 1, "no run but the plan")
        }

        @Test func reportsTheRestWhenTheRegistryGoesDownMeanwhile() async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            for seed in 1...9 {
                await registry.add("team/app", "v\(seed)", seed: UInt64(seed))
            }
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            await registry.fail(.slow(.seconds(1))) { method, path in
                method == "DELETE" && path.hasSuffix("/manifests/v5")
            }
            let lastpull = lastpull
            async let run = lastpull.report("clean", status: 2)
            try await eventually("it is half way") {
                await registry.named(by: "DELETE").contains("v5")
            }
            await registry.stop()

            let report = try await run

            #expect(report.state == "partly")
            let states = Set(report.states.values)
            #expect(states == ["done", "failed"])
            let left = Set(report.items.filter { $0.state == "failed" }.compactMap(\.tag))
            #expect(left.isSuperset(of: ["v6", "v7", "v8", "v9"]))
            let rest = report.items.filter { $0.tag == "v9" }
            #expect(rest.allSatisfy { $0.detail.contains("connection refused") }, "\(rest)")
        }

        @Test func wrongCredentialsAreExplained() async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            await registry.set {
                $0.authentication = .basic(user: "cleaner", password: "right")
            }
            await registry.add("team/app", "v1", seed: 1)
            let folder = try TemporaryFolder()
            var settings = CleaningSettings(url: registry.url)
            let file = try folder.write("wrong\n", to: "password")
            settings.registry = "username: cleaner\n    passwordFile: \(file)"
            try lastpull.configure(settings.text)

            let refused = try await lastpull.run("clean")
            #expect(refused.status == 1)
            #expect(refused.errors.contains("check username and password"), "\(refused.errors)")
            #expect(!refused.errors.contains("wrong"), "no credentials in messages")
            #expect(await registry.requests.count < 10, "it does not ask over and over")

            try folder.write("right\n", to: "password")
            let report = try await lastpull.report("clean")
            #expect(report.states == ["team/app:v1": "done"])
            await registry.stop()
        }
    }
}
