import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// What changes at Docker Hub between plan and removal, and what goes wrong there.
    struct HubTrouble {
        private let scene: HubScene
        private var lastpull: LastpullDaemon { scene.lastpull }

        init() throws { scene = try HubScene() }

        struct Change: Sendable, CustomTestStringConvertible {
            var testDescription: String
            var detail: String
            var change: @Sendable (inout FakeHub.Tag) -> Void
        }

        @Test(arguments: [
            Change(testDescription: "it moves", detail: "points to") {
                $0.digest = Digest(hashing: Array("other".utf8)).description
            },
            Change(testDescription: "it is pulled", detail: "pulled since the plan") {
                $0.pulled = Date()
            },
            Change(testDescription: "it is pushed", detail: "pushed since the plan") {
                $0.pushed = Date()
            },
            Change(testDescription: "the Hub falls silent", detail: "does not tell") {
                $0.hidesPulls = true
            },
        ])
        func leavesWhatChangesSinceThePlan(_ example: Change) async throws {
            try await scene.withHub([("a", 100, 60), ("b", 100, 60)]) { hub in
                try scene.configure(hub)
                let change = example.change
                await hub.set { hub in
                    hub.beforeAnswer = { hub, method, path in
                        guard method == "GET", path.hasSuffix("/tags/a"),
                            var tag = hub.repositories["team/api"]?["a"]
                        else { return }
                        change(&tag)
                        hub.repositories["team/api"]?["a"] = tag
                    }
                }
                let report = try await lastpull.report("clean", status: 2)
                #expect(report.states == ["team/api:a": "skipped", "team/api:b": "done"])
                let detail = try report.item("team/api:a").detail
                #expect(detail.contains(example.detail), "\(detail)")
                #expect(await hub.tagNames("team/api") == ["a"])
            }
        }

        // MARK: Trouble

        struct Trouble: Sendable, CustomTestStringConvertible {
            var testDescription: String
            var fault: FakeRegistry.Fault
            var count: Int
            var state: String
            var detail = ""
        }

        @Test(arguments: [
            Trouble(
                testDescription: "403",
                fault: .answer(403, body: #"{"detail":"the image is in use"}"#),
                count: 100,
                state: "skipped",
                detail: "the image is in use"
            ),
            Trouble(testDescription: "404", fault: .answer(404), count: 1, state: "done"),
            Trouble(
                testDescription: "405",
                fault: .answer(405),
                count: 100,
                state: "failed",
                detail: "can't do that"
            ),
            Trouble(
                testDescription: "409",
                fault: .answer(409),
                count: 100,
                state: "skipped",
                detail: "protects it"
            ),
            Trouble(
                testDescription: "423",
                fault: .answer(423),
                count: 100,
                state: "skipped",
                detail: "protects it"
            ),
            Trouble(
                testDescription: "429 over and over",
                fault: .answer(429, headers: ["Retry-After": "0"]),
                count: 4,
                state: "done"
            ),
            Trouble(
                testDescription: "500 that did delete",
                fault: .answerAfterAll(500),
                count: 1,
                state: "done"
            ),
            Trouble(
                testDescription: "500 so often that only a second look finds out",
                fault: .answer(500),
                count: 5,
                state: "done"
            ),
            Trouble(
                testDescription: "503 every time",
                fault: .answer(503),
                count: 100,
                state: "failed",
                detail: "the registry failed"
            ),
            Trouble(testDescription: "a cut connection", fault: .drop, count: 1, state: "done"),
            Trouble(
                testDescription: "401 in the middle",
                fault: .challenge,
                count: 1,
                state: "done"
            ),
        ])
        func goesOnPastATagInTrouble(_ trouble: Trouble) async throws {
            try await scene.withHub([("a", 100, 60), ("b", 100, 60), ("c", 100, 60)]) { hub in
                try scene.configure(hub)
                await hub.fail(next: trouble.count, trouble.fault) { method, path in
                    method == "DELETE" && path.hasSuffix("/b/")
                }
                let status: Int32 = trouble.state == "done" ? 0 : 2
                let report = try await lastpull.report("clean", status: status)
                #expect(
                    report.states == [
                        "team/api:a": "done", "team/api:b": trouble.state, "team/api:c": "done",
                    ]
                )
                let detail = try report.item("team/api:b").detail
                #expect(
                    trouble.detail.isEmpty ? detail.isEmpty : detail.contains(trouble.detail),
                    "\(detail)"
                )
                let deletes = await hub.requests.count {
                    $0.method == "DELETE" && $0.path.hasSuffix("/b/")
                }
                #expect(deletes <= 9, "no hot loop")
            }
        }

        @Test func touchesNothingWithATokenOfTooLowScope() async throws {
            try await scene.withHub([("a", 100, 60), ("b", 100, 60)]) { hub in
                await hub.set { $0.permitsDeletes = false }
                try scene.configure(hub)
                let report = try await lastpull.report("clean", status: 1)
                #expect(report.states.values.allSatisfy { $0 == "failed" })
                #expect(report.note.contains("personal access token"), "\(report.note)")
                let check = try await lastpull.run("check")
                #expect(check.status == 1)
                #expect(check.output.contains("personal access token"), "\(check.output)")
            }
        }
    }
}
