import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// An Azure Container Registry: its lists name what is untagged and locked, its logs tell of
    /// pulls.
    struct Azure {
        private let lastpull: LastpullDaemon
        private let folder: TemporaryFolder

        init() throws {
            lastpull = try LastpullDaemon()
            folder = try TemporaryFolder()
        }

        private func configure(
            _ azure: FakeAzure,
            keep: String = "{ pushed: { within: 1d }, tags: [\"keep*\"] }"
        ) throws {
            let secret = try folder.write("s3cret\n", to: "secret")
            let start = Date(timeIntervalSinceNow: -20 * 86_400)
                .formatted(.iso8601.year().month().day())
            try lastpull.configure(
                """
                registries:
                  - name: azure
                    kind: acr
                    url: \(azure.url)
                    username: admin
                    passwordFile: \(secret)
                    trustHistoryFrom: \(start)
                policies:
                  - name: old
                    registry: azure
                    keep: \(keep)
                    untagged: { after: 0s }
                    mode: enforce
                """
            )
        }

        private static func daysAgo(_ days: Double) -> Date {
            Date(timeIntervalSinceNow: -days * 86_400)
        }

        private func withAzure(_ body: (FakeAzure) async throws -> Void) async throws {
            let azure = try await FakeAzure.start()
            do { try await body(azure) } catch {
                await azure.stop()
                throw error
            }
            await azure.stop()
        }

        // One request for a digest with all its tags; one for a tag whose digest stays.
        @Test func deletesByDigestAndUntagsWhatStays() async throws {
            try await withAzure { azure in
                let gone = await azure.add("team/api", tag: "a1", seed: 1, time: Self.daysAgo(40))
                await azure.add("team/api", tag: "a2", seed: 1, time: Self.daysAgo(40))
                let kept = await azure.add("team/api", tag: "b", seed: 2, time: Self.daysAgo(40))
                await azure.add("team/api", tag: "keep-b", seed: 2, time: Self.daysAgo(40))
                let loose = await azure.add("team/api", seed: 3, time: Self.daysAgo(40))
                try configure(azure)

                let report = try await lastpull.report("clean")

                #expect(
                    report.states == [
                        "team/api:a1": "done", "team/api:a2": "done", "team/api:b": "done",
                        "team/api@\(loose)": "done",
                    ]
                )
                #expect(await azure.digests("team/api") == [kept])
                #expect(await azure.tagNames("team/api") == ["keep-b"])
                let deletes = await azure.requests.filter { $0.method == "DELETE" }.map(\.path)
                #expect(deletes.contains("/v2/team/api/manifests/\(gone)"))
                #expect(deletes.contains("/acr/v1/team/api/_tags/b"))
                #expect(deletes.count == 4, "with the one that finds out: \(deletes)")
            }
        }

        @Test func anIndexGoesWithWhatOnlyItHolds() async throws {
            try await withAzure { azure in
                let shared = await azure.add("team/api", seed: 1, time: Self.daysAgo(40))
                let own = await azure.add("team/api", seed: 2, time: Self.daysAgo(40))
                await azure.addIndex(
                    "team/api",
                    tag: "old",
                    of: [shared, own],
                    time: Self.daysAgo(40)
                )
                let index = await azure.addIndex(
                    "team/api",
                    tag: "keep-this",
                    of: [shared],
                    time: Self.daysAgo(40)
                )
                try configure(azure)
                let report = try await lastpull.report("clean")
                #expect(report.items.count == 2 && report.state == "done", "\(report.states)")
                #expect(await azure.digests("team/api") == [shared, index])
            }
        }

        @Test func keepsWhatIsLocked() async throws {
            try await withAzure { azure in
                await azure.add("team/api", tag: "a", seed: 1, time: Self.daysAgo(40))
                await azure.add("team/api", tag: "b", seed: 2, time: Self.daysAgo(40))
                await azure.add("team/api", tag: "c", seed: 3, time: Self.daysAgo(40))
                let loose = await azure.add("team/api", seed: 4, time: Self.daysAgo(40))
                await azure.set { azure in
                    azure.repositories["team/api"]?.tags["a"]?.deleteEnabled = false
                    azure.repositories["team/api"]?.tags["b"]?.writeEnabled = false
                    azure.repositories["team/api"]?.manifests[loose]?.deleteEnabled = false
                }
                try configure(azure)
                let report = try await lastpull.report("clean")
                #expect(report.states == ["team/api:c": "done"])
                #expect(report.keptReasons == ["locked": 3])
            }
        }

        // What the logs tell of counts; what they do not tell of goes by digest.
        @Test func keepsWhatWasAccessedAndDeletesTheRestByDigest() async throws {
            try await withAzure { azure in
                let used = await azure.add("team/api", tag: "used", seed: 1, time: Self.daysAgo(40))
                let stale = await azure.add("team/api", tag: "old", seed: 2, time: Self.daysAgo(40))
                try configure(
                    azure,
                    keep: "{ accessed: { atLeast: 2, within: 14d }, pushed: { within: 1d } }"
                )
                try await lastpull.start()
                let lines = (1...2).map { index in
                    let time = Self.daysAgo(Double(index)).formatted(.iso8601)
                    return #"{"time":"\#(time)","category":"ContainerRegistryRepositoryEvents","#
                        + #""operationName":"Pull","resultType":"HttpStatusCode","#
                        + #""resultDescription":"200","loginServer":"c.azurecr.io","#
                        + #""properties":{"repository":"team/api","digest":"\#(used)","#
                        + #""tag":"used","userAgent":"containerd/1.7"},"#
                        + #""correlationId":"00000000-0000-0000-0000-00000000000\#(index)"}"#
                }
                let answer = try await LoopbackHTTP.send(
                    "POST",
                    "\(lastpull.url)/logs/azure?format=acr",
                    headers: ["Content-Type": "application/x-ndjson"],
                    body: Array((lines.joined(separator: "\n") + "\n").utf8)
                )
                #expect(answer.text.contains(#""accepted":2"#), "\(answer.text)")
                try await lastpull.terminate()
                let report = try await lastpull.report("clean", "--dry-run")
                #expect(Set(report.items.compactMap(\.digest)) == [stale], "\(report.states)")
                #expect(report.keptReasons["accessed"] == 1, "\(report.keptReasons)")
                #expect(await azure.digests("team/api").count == 2)
            }
        }

        // MARK: Between plan and removal

        @Test func leavesATagThatMovesAndADigestThatGetsAnother() async throws {
            try await withAzure { azure in
                await azure.add("team/api", tag: "a", seed: 1, time: Self.daysAgo(40))
                await azure.add("team/api", tag: "b", seed: 2, time: Self.daysAgo(40))
                await azure.add("team/api", tag: "c", seed: 3, time: Self.daysAgo(40))
                try configure(azure)
                let time = Self.daysAgo(40)
                await azure.set { azure in
                    azure.beforeAnswer = { azure, method, path in
                        // Right after the lists, with the question whether deletes are permitted.
                        guard method == "DELETE", azure.deletes == nil else { return }
                        azure.add("team/api", tag: "a", seed: 99, time: time)
                        azure.add("team/api", tag: "new", seed: 2, time: time)
                    }
                }
                let report = try await lastpull.report("clean", status: 2)
                #expect(
                    report.states == [
                        "team/api:a": "skipped", "team/api:b": "skipped", "team/api:c": "done",
                    ]
                )
                #expect(await azure.tagNames("team/api") == ["a", "b", "new"])
            }
        }

        // The same digest once more: only the time of the tag tells of it.
        @Test(arguments: ["v1", "v1.0"])
        func aDigestOfTwoTagsStaysWhenOneIsPushedAgain(pushed: String) async throws {
            try await withAzure { azure in
                for (tag, seed) in [("v1", 1), ("v1.0", 1), ("v2", 2)] {
                    await azure.add("team/api", tag: tag, seed: seed, time: Self.daysAgo(40))
                }
                try configure(azure)
                await azure.set { azure in
                    azure.beforeAnswer = { azure, method, _ in
                        guard method == "DELETE", azure.deletes == nil else { return }
                        azure.add("team/api", tag: pushed, seed: 1, time: Date())
                    }
                }
                let report = try await lastpull.report("clean", status: 2)
                #expect(
                    report.states == [
                        "team/api:v1": "skipped", "team/api:v1.0": "skipped",
                        "team/api:v2": "done",
                    ]
                )
                #expect(await azure.tagNames("team/api") == ["v1", "v1.0"])
            }
        }

        @Test func whatIsLockedMeanwhileIsSkipped() async throws {
            try await withAzure { azure in
                let first = await azure.add("team/api", tag: "a", seed: 1, time: Self.daysAgo(40))
                await azure.add("team/api", tag: "b", seed: 2, time: Self.daysAgo(40))
                try configure(azure)
                await azure.set { azure in
                    azure.beforeAnswer = { azure, method, _ in
                        guard method == "DELETE" else { return }
                        azure.repositories["team/api"]?.manifests[first]?.writeEnabled = false
                    }
                }
                let report = try await lastpull.report("clean", status: 2)
                #expect(report.states == ["team/api:a": "skipped", "team/api:b": "done"])
                let detail = try report.item("team/api:a").detail
                #expect(detail.contains("it is locked"), "\(detail)")
            }
        }

        @Test func restoreSaysThatThereIsNoWayBack() async throws {
            try await withAzure { azure in
                await azure.add("team/api", tag: "a", seed: 1, time: Self.daysAgo(40))
                try configure(azure)
                let report = try await lastpull.report("clean")
                #expect(report.note.contains("can't put it back"), "\(report.note)")
                let restored = try await lastpull.run("restore", report.run)
                #expect(restored.status == 1)
                #expect(restored.output.contains("can't put it back"), "\(restored.output)")
            }
        }
    }
}
