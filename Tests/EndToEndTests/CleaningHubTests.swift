import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// Docker Hub, which tells of last pulls itself: nobody has to have listened.
    struct Hub {
        private let scene: HubScene
        private var lastpull: LastpullDaemon { scene.lastpull }

        init() throws { scene = try HubScene() }

        @Test func removesWhatNobodyPulledWithoutAnyWebhook() async throws {
            try await scene.withHub([
                ("stale", 100, 60), ("never", 100, nil), ("used", 100, 3), ("fresh", 0.5, nil),
            ]) { hub in
                try scene.configure(hub)
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
            try await scene.withHub([("stale", 100, 60)]) { hub in
                try scene.configure(hub, keep: "{ accessed: { atLeast: 2, within: 30d } }")
                let report = try await lastpull.report("clean")
                #expect(report.items.isEmpty)
                #expect(report.keptReasons == ["historyIncomplete": 1])
            }
        }

        @Test func keepsWhatTheHubSaysNothingAbout() async throws {
            try await scene.withHub([("stale", 100, nil), ("odd", 100, nil)]) { hub in
                await hub.set {
                    $0.repositories["team/api"]?["stale"]?.hidesPulls = true
                    $0.repositories["team/api"]?["odd"]?.digest = nil
                    $0.repositories["team/api"]?["odd"]?.images = []
                }
                try scene.configure(hub)
                let report = try await lastpull.report("clean")
                #expect(report.items.isEmpty, "\(report.states)")
                #expect(report.keptReasons == ["historyIncomplete": 1, "manifestUnread": 1])
            }
        }

        // Nobody knows whose signatures they are while it is not known what a tag points to.
        @Test func keepsSignaturesThatMayBelongToAnUnknownTag() async throws {
            let hex = Digest(hashing: Array("index of somebody".utf8)).encoded
            let names = ["sha256-\(hex).sig", "sha256-\(hex).att", "sha256-\(hex)"]
            try await scene.withHub([("odd", 100, 60), ("stale", 100, 60)]) { hub in
                for (seed, name) in names.enumerated() {
                    await hub.add(
                        "team/api",
                        name,
                        seed: 10 + seed,
                        pushed: HubScene.daysAgo(100),
                        pulled: HubScene.daysAgo(60)
                    )
                }
                await hub.set {
                    $0.repositories["team/api"]?["odd"]?.digest = nil
                    $0.repositories["team/api"]?["odd"]?.images = []
                }
                try scene.configure(hub)
                let report = try await lastpull.report("clean")
                #expect(report.states == ["team/api:stale": "done"])
                #expect(report.keptReasons == ["manifestUnread": 1, "referrerOfKept": 3])

                // Known again, they are nobody's.
                await hub.set {
                    $0.repositories["team/api"]?["odd"]?.digest =
                        "\(Digest(hashing: Array("something else".utf8)))"
                }
                let again = try await lastpull.report("clean")
                #expect(Set(again.items.compactMap(\.tag)) == Set(names + ["odd"]))
            }
        }

        @Test func ageAndNumberNarrowIt() async throws {
            try await scene.withHub([("a", 100, 60), ("b", 80, 60), ("c", 40, nil)]) { hub in
                try scene.configure(hub, keep: "{ pushed: { within: 1d }, tags: [latest] }")
                let old = try await lastpull.report("clean", "--older-than", "70d", "--dry-run")
                #expect(Set(old.items.compactMap(\.tag)) == ["a", "b"])
                let one = try await lastpull.report("clean", "--older-than", "70d", "--max", "1")
                #expect(one.items.count == 1 && one.state == "done")
                #expect(await hub.tagNames("team/api").count == 2)
            }
        }

        // Bytes that another tag holds are not released; nor are those of a tag that stayed.
        @Test func releasesOnlyWhatNoOtherTagHolds() async throws {
            try await scene.withHub([("a", 100, 60), ("b", 100, 60), ("c", 100, 60)]) { hub in
                await hub.set { hub in
                    guard let first = hub.repositories["team/api"]?["a"] else { return }
                    // One digest with two tags, and a platform that the third has, too.
                    hub.repositories["team/api"]?["b"] = first
                    hub.repositories["team/api"]?["c"]?.images += first.images
                    hub.repositories["team/api"]?["c"]?.isReferenced = true
                }
                try scene.configure(hub)
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

        // Signatures of the platforms of an image go after the image, never before it.
        @Test func signaturesOfPlatformsStayWithTheirImage() async throws {
            try await scene.withHub([("live", 100, 1), ("gone", 100, 60)]) { hub in
                let tags = try #require(await hub.repositories["team/api"])
                let names = try ["live", "gone"].map { name in
                    try #require(tags[name]?.images.first?.digest)
                        .replacing("sha256:", with: "sha256-")
                }
                let old = HubScene.daysAgo(100)
                await hub.set { hub in
                    for (seed, name) in names.enumerated() {
                        for ending in [".sig", ""] {
                            hub.add(
                                "team/api",
                                name + ending,
                                seed: 900 + 2 * seed + ending.count,
                                pushed: old,
                                pulled: old
                            )
                        }
                    }
                }
                try scene.configure(hub)
                let report = try await lastpull.report("clean")
                #expect(report.states == ["team/api:gone": "done"])
                #expect(report.keptReasons["referrerOfKept"] == 4, "\(report.keptReasons)")
                let next = try await lastpull.report("clean")
                #expect(next.items.count == 2 && next.state == "done", "\(next.states)")
                #expect(
                    await hub.tagNames("team/api")
                        == ["live", names[0], names[0] + ".sig"].sorted()
                )
            }
        }

        @Test func checkSaysWhatItCanAndCantDo() async throws {
            try await scene.withHub([("a", 100, 60)]) { hub in
                try scene.configure(hub)
                let check = try await lastpull.run("check")
                #expect(check.status == 0, "\(check.output)")
                for words in ["deletes tags", "last pulled", "can't put it back"] {
                    #expect(check.output.contains(words), "\(words): \(check.output)")
                }
                #expect(!check.output.contains("nothing was ever heard"))
            }
        }

        // A name that is not there is mostly a typing error, and nothing would ever be cleaned.
        @Test func checkFindsNamesThatAreNotThere() async throws {
            try await scene.withHub([("a", 100, 60)]) { hub in
                for (name, words) in [
                    ("team/none", "team/none is not there"), ("nobody/*", "check the `namespace`"),
                ] {
                    try scene.configure(hub, repositories: name)
                    let check = try await lastpull.run("check")
                    #expect(check.status == 0)
                    #expect(check.output.contains(words), "\(check.output)")
                    let plan = try await lastpull.report("plan")
                    #expect(plan.note.contains("there is no image"), "\(plan.note)")
                }
            }
        }

        @Test func aWrongPasswordIsSaidWithoutOtherAdvice() async throws {
            try await scene.withHub([("a", 100, 60)]) { hub in
                await hub.set { $0.secrets = ["another"] }
                try scene.configure(hub)
                let plan = try await lastpull.run("plan")
                #expect(plan.status == 1)
                #expect(plan.errors.contains("check username and password"), "\(plan.errors)")
                #expect(!plan.errors.contains("catalog"), "\(plan.errors)")
            }
        }

        @Test func restoreSaysThatThereIsNoWayBack() async throws {
            try await scene.withHub([("a", 100, 60)]) { hub in
                try scene.configure(hub)
                let report = try await lastpull.report("clean")
                let restored = try await lastpull.run("restore", report.run)
                #expect(restored.status == 1)
                #expect(restored.output.contains("takes no manifest back"), "\(restored.output)")
            }
        }

        @Test func deletesByTheNamesThatPeopleUse() async throws {
            try await scene.withHub([("a", 1, 0.1), ("b", 1, 0.1)]) { hub in
                try scene.configure(hub)
                let report = try await lastpull.report("delete", "docker.io/team/api:a")
                #expect(report.states == ["team/api:a": "done"])
                #expect(await hub.tagNames("team/api") == ["b"])
            }
        }
    }
}
