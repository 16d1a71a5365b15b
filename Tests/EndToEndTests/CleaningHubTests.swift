import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// Docker Hub, which tells of last pulls itself: nobody has to have listened.
    struct Hub {
        private let lastpull: LastpullDaemon
        private let folder: TemporaryFolder

        init() throws {
            lastpull = try LastpullDaemon()
            folder = try TemporaryFolder()
        }

        private static let unused = "{ accessed: { within: 30d }, pushed: { within: 1d } }"

        private func configure(
            _ hub: FakeHub,
            keep: String = unused,
            mode: String = "enforce",
            policy: String = ""
        ) throws {
            let secret = try folder.write("dckr_pat_secret\n", to: "secret")
            try lastpull.configure(
                """
                registries:
                  - name: hub
                    kind: dockerhub
                    url: \(hub.url)
                    username: ci-bot
                    passwordFile: \(secret)
                policies:
                  - name: stale
                    registry: hub
                    repositories: ["team/*"]
                    keep: \(keep)
                    mode: \(mode)
                    \(policy)
                """
            )
        }

        /// Runs `body` with a Hub of some tags, pulled and pushed so many days ago.
        private func withHub(
            _ tags: [(name: String, pushed: Double, pulled: Double?)],
            _ body: (FakeHub) async throws -> Void
        ) async throws {
            let hub = try await FakeHub.start()
            for (seed, tag) in tags.enumerated() {
                await hub.add(
                    "team/api",
                    tag.name,
                    seed: seed,
                    size: 1_000 + seed,
                    pushed: Self.daysAgo(tag.pushed),
                    pulled: tag.pulled.map(Self.daysAgo)
                )
            }
            do { try await body(hub) } catch {
                await hub.stop()
                throw error
            }
            await hub.stop()
        }

        private static func daysAgo(_ days: Double) -> Date {
            Date(timeIntervalSinceNow: -days * 86_400)
        }

        @Test func removesWhatNobodyPulledWithoutAnyWebhook() async throws {
            try await withHub([
                ("stale", 100, 60), ("never", 100, nil), ("used", 100, 3), ("fresh", 0.5, nil),
            ]) { hub in
                try configure(hub)
                let planned = try await lastpull.report("clean", "--dry-run")
                #expect(
                    planned.states == ["team/api:stale": "planned", "team/api:never": "planned"]
                )
                #expect(planned.note.contains("can't put it back"), "\(planned.note)")
                #expect(await hub.tagNames("team/api").count == 4)

                let report = try await lastpull.report("clean")

                #expect(report.states == ["team/api:stale": "done", "team/api:never": "done"])
                #expect(report.keptReasons == ["accessed": 1, "freshPush": 1])
                #expect(report.released == 1_000 + 1_001)
                #expect(report.reclaimed == 0)
                let item = try report.item("team/api:stale")
                #expect(item.reason == "notAccessed")
                #expect(item.lastAccess != nil)
                #expect(await hub.tagNames("team/api") == ["fresh", "used"])
                // Nothing but the API was asked, and no manifest was read.
                let paths = await hub.requests.map(\.path)
                #expect(paths.allSatisfy { !$0.contains("/manifests/") })
            }
        }

        @Test func asksForAHistoryWhereOneAccessIsNotEnough() async throws {
            try await withHub([("stale", 100, 60)]) { hub in
                try configure(hub, keep: "{ accessed: { atLeast: 2, within: 30d } }")
                let report = try await lastpull.report("clean")
                #expect(report.items.isEmpty)
                #expect(report.keptReasons == ["historyIncomplete": 1])
            }
        }

        @Test func keepsWhatTheHubSaysNothingAbout() async throws {
            try await withHub([("stale", 100, nil), ("odd", 100, nil)]) { hub in
                await hub.set {
                    $0.repositories["team/api"]?["stale"]?.hidesPulls = true
                    $0.repositories["team/api"]?["odd"]?.digest = nil
                    $0.repositories["team/api"]?["odd"]?.images = []
                }
                try configure(hub)
                let report = try await lastpull.report("clean")
                #expect(report.items.isEmpty, "\(report.states)")
                #expect(report.keptReasons == ["historyIncomplete": 1, "manifestUnread": 1])
            }
        }

        @Test func ageAndNumberNarrowIt() async throws {
            try await withHub([("a", 100, 60), ("b", 80, 60), ("c", 40, nil)]) { hub in
                try configure(hub, keep: "{ pushed: { within: 1d }, tags: [latest] }")
                let old = try await lastpull.report("clean", "--older-than", "70d", "--dry-run")
                #expect(Set(old.items.compactMap(\.tag)) == ["a", "b"])
                let one = try await lastpull.report("clean", "--older-than", "70d", "--max", "1")
                #expect(one.items.count == 1 && one.state == "done")
                #expect(await hub.tagNames("team/api").count == 2)
            }
        }

        // Bytes that another tag holds are not released; nor are those of a tag that stayed.
        @Test func releasesOnlyWhatNoOtherTagHolds() async throws {
            try await withHub([("a", 100, 60), ("b", 100, 60), ("c", 100, 60)]) { hub in
                await hub.set { hub in
                    guard let first = hub.repositories["team/api"]?["a"] else { return }
                    // One digest with two tags, and a platform that the third has, too.
                    hub.repositories["team/api"]?["b"] = first
                    hub.repositories["team/api"]?["c"]?.images += first.images
                    hub.repositories["team/api"]?["c"]?.isReferenced = true
                }
                try configure(hub)
                let report = try await lastpull.report("clean", status: 2)
                #expect(
                    report.states == [
                        "team/api:a": "done", "team/api:b": "done", "team/api:c": "skipped",
                    ]
                )
                let kept = try report.item("team/api:c")
                #expect(kept.detail.contains("referenced"), "\(kept.detail)")
                #expect(report.released == 0)
            }
        }

        // MARK: Between plan and removal

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
            try await withHub([("a", 100, 60), ("b", 100, 60)]) { hub in
                try configure(hub)
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
            try await withHub([("a", 100, 60), ("b", 100, 60), ("c", 100, 60)]) { hub in
                try configure(hub)
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
            try await withHub([("a", 100, 60), ("b", 100, 60)]) { hub in
                await hub.set { $0.permitsDeletes = false }
                try configure(hub)
                let report = try await lastpull.report("clean", status: 1)
                #expect(report.states.values.allSatisfy { $0 == "failed" })
                #expect(report.note.contains("personal access token"), "\(report.note)")
                let check = try await lastpull.run("check")
                #expect(check.status == 1)
                #expect(check.output.contains("personal access token"), "\(check.output)")
            }
        }

        @Test func stopsWhenItIsLockedOutMeanwhile() async throws {
            let many = (0..<300).map { (name: "v\($0)", pushed: 100.0, pulled: Double?.none) }
            try await withHub(many) { hub in
                try configure(hub)
                await hub.set { hub in
                    hub.beforeAnswer = { hub, method, _ in
                        guard method == "DELETE", hub.deleted >= 50 else { return }
                        hub.revokeTokens()
                        hub.secrets = []
                    }
                }
                let report = try await lastpull.report("clean", status: 2)
                #expect(report.state == "partly")
                let done = report.items.count { $0.state == "done" }
                #expect(done >= 50 && done < 300)
                #expect(report.items.allSatisfy { $0.state == "done" || $0.state == "failed" })
                #expect(await hub.logins < 100, "it does not ask over and over")
            }
        }

        @Test func aLimitIsKeptUntilAllIsDone() async throws {
            let many = (0..<400).map { (name: "v\($0)", pushed: 100.0, pulled: Double?.none) }
            try await withHub(many) { hub in
                await hub.set { $0.limit = RequestLimit(capacity: 60, perSecond: 60) }
                try configure(hub)
                let report = try await lastpull.report("clean")
                #expect(report.items.count == 400)
                #expect(report.items.allSatisfy { $0.state == "done" })
                #expect(await hub.tagNames("team/api").isEmpty)
                let limit = await hub.limit
                #expect((limit?.refused ?? .max) <= 120, "\(limit?.refused ?? -1) refusals")
            }
        }

        @Test func aKillInTheMiddleIsFinishedByTheNextCleanup() async throws {
            let many = (0..<200).map { (name: "v\($0)", pushed: 100.0, pulled: Double?.none) }
            try await withHub(many) { hub in
                try configure(hub)
                let process = try ChildProcess(
                    Lastpull.binary,
                    ["clean", "--config", lastpull.configuration]
                )
                try await eventually("it is half way", every: .milliseconds(1)) {
                    await hub.deleted >= 60
                }
                try await process.kill()
                try await lastpull.report("clean")
                #expect(await hub.tagNames("team/api").isEmpty)
                let summaries = try await lastpull.summaries()
                #expect(summaries.reduce(0) { $0 + $1.done } == 200)
                #expect(summaries.allSatisfy { $0.state != "running" })
            }
        }

        // MARK: Words

        @Test func checkSaysWhatItCanAndCantDo() async throws {
            try await withHub([("a", 100, 60)]) { hub in
                try configure(hub)
                let check = try await lastpull.run("check")
                #expect(check.status == 0, "\(check.output)")
                for words in ["deletes tags", "last pulled", "can't put it back"] {
                    #expect(check.output.contains(words), "\(words): \(check.output)")
                }
                #expect(!check.output.contains("nothing was ever heard"))
            }
        }

        @Test func restoreSaysThatThereIsNoWayBack() async throws {
            try await withHub([("a", 100, 60)]) { hub in
                try configure(hub)
                let report = try await lastpull.report("clean")
                let restored = try await lastpull.run("restore", report.run)
                #expect(restored.status == 1)
                #expect(restored.output.contains("takes no manifest back"), "\(restored.output)")
            }
        }

        @Test func deletesByTheNamesThatPeopleUse() async throws {
            try await withHub([("a", 1, 0.1), ("b", 1, 0.1)]) { hub in
                try configure(hub)
                let report = try await lastpull.report("delete", "docker.io/team/api:a")
                #expect(report.states == ["team/api:a": "done"])
                #expect(await hub.tagNames("team/api") == ["b"])
            }
        }
    }
}
