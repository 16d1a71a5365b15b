import Foundation
import RegistryModel
import Synchronization
import TestSupport
import Testing

extension Cleaning {
    /// A tag goes alone: what else points to its digest stays (design, section 5.6).
    struct Tags {
        private let lastpull: LastpullDaemon
        private let keepsSome = #"{ pushed: { within: 0s }, tags: ["keep*"] }"#

        init() throws { lastpull = try LastpullDaemon() }

        // Version 2.8 deletes by digest only, and such a delete takes every tag along.
        @Test(.enabled(if: hasRegistry, registryMissing))
        func takesOneOfTwoTagsOfADigestFromVersion28() async throws {
            let registry = try await RealRegistry.start()
            var folder = try ImageFolder()
            let digest = try folder.addImage(tag: "one", layers: [.random(20_000, seed: 1)])
            for tag in ["condemned", "keep-me"] {
                try await Skopeo.push(folder, tag: "one", to: "\(registry.host)/team/app:\(tag)")
            }
            try lastpull.configure(CleaningSettings(url: registry.url, keep: keepsSome).text)

            let report = try await lastpull.report("clean")

            #expect(report.states == ["team/app:condemned": "done"])
            #expect(report.released == 0, "the other tag still refers to every byte")
            #expect(try await registry.tags("team/app") == ["keep-me"])
            #expect(registry.manifests("team/app") == [digest], "no throw-away manifest is left")
            let pulled = try await Skopeo.pull("\(registry.host)/team/app:keep-me")
            #expect(try pulled.text(of: "manifest.json") == text(of: digest, in: folder))
        }

        @Test func takesOneOfTwoTagsOfADigestFromVersion3ByItsName() async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            let digest = await registry.add("team/app", "condemned", seed: 1)
            await registry.setTag("team/app", "keep-me", to: digest)
            try lastpull.configure(CleaningSettings(url: registry.url, keep: keepsSome).text)

            let report = try await lastpull.report("clean")

            #expect(report.states == ["team/app:condemned": "done"])
            #expect(await registry.tags("team/app") == ["keep-me": digest])
            #expect(await registry.manifests("team/app") == [digest])
            #expect(await registry.named(by: "DELETE").contains("condemned"))
            #expect(await registry.named(by: "PUT").isEmpty, "no detour where none is needed")
            await registry.stop()
        }

        // The detour costs three requests and writes to the registry; here one delete does it.
        @Test func takesAllTagsOfADigestAwayWithOneDelete() async throws {
            let registry = try await FakeRegistry.start(mode: .distribution28)
            let digest = await registry.add("team/app", "v1", seed: 1)
            await registry.setTag("team/app", "v2", to: digest)
            let kept = await registry.add("team/app", "keep-me", seed: 2)
            try lastpull.configure(CleaningSettings(url: registry.url, keep: keepsSome).text)

            let report = try await lastpull.report("clean")

            #expect(report.states == ["team/app:v1": "done", "team/app:v2": "done"])
            #expect(await registry.tags("team/app") == ["keep-me": kept])
            #expect(await registry.manifests("team/app") == [kept])
            #expect(await registry.named(by: "PUT").isEmpty)
            let deletes = await registry.named(by: "DELETE").filter { $0 == digest.description }
            #expect(deletes.count == 1)
            await registry.stop()
        }

        // Between overwriting a tag and deleting what it was overwritten with, the tag names
        // something that is no image: it must not stay so when the registry refuses the delete.
        @Test func pointsTheTagBackWhenTheDetourFailsHalfWay() async throws {
            let registry = try await FakeRegistry.start(mode: .distribution28)
            let digest = await registry.add("team/app", "condemned", seed: 1)
            await registry.setTag("team/app", "keep-me", to: digest)
            try lastpull.configure(CleaningSettings(url: registry.url, keep: keepsSome).text)
            let overwritten = Overwritten()
            await registry.fail(next: 1_000, .answer(500)) { method, path in
                if method == "PUT", path.hasSuffix("/condemned") { overwritten.happened() }
                return method == "DELETE" && overwritten.hasHappened
            }

            let report = try await lastpull.report("clean", status: 1)

            #expect(overwritten.hasHappened)
            #expect(report.states == ["team/app:condemned": "failed"])
            let expected = ["condemned": digest, "keep-me": digest]
            #expect(await registry.tags("team/app") == expected)
            await registry.stop()
        }

        // Neither forward nor back: the registry went away in between. The next run mends it.
        @Test func finishesLaterWhatFailedHalfWayAndCouldNotBeUndone() async throws {
            let registry = try await FakeRegistry.start(mode: .distribution28)
            let digest = await registry.add("team/app", "condemned", seed: 1)
            await registry.setTag("team/app", "keep-me", to: digest)
            try lastpull.configure(CleaningSettings(url: registry.url, keep: keepsSome).text)
            let overwritten = Overwritten()
            await registry.fail(next: 1_000, .answer(500)) { method, path in
                let fails = overwritten.hasHappened
                if method == "PUT", path.hasSuffix("/condemned") { overwritten.happened() }
                return fails
            }
            let first = try await lastpull.report("clean", status: 1)
            #expect(first.states == ["team/app:condemned": "failed"])
            #expect(await registry.tags("team/app")["condemned"] != digest)

            await registry.heal()
            try await lastpull.report("clean")

            #expect(await registry.tags("team/app") == ["keep-me": digest])
            #expect(await registry.manifests("team/app") == [digest])
            let finished = try await lastpull.report("runs", first.run)
            #expect(finished.states == ["team/app:condemned": "done"])
            #expect(finished.state == "done")
            await registry.stop()
        }

        // Neither done nor as it was: that is what it says, and the manifest goes with the next run.
        @Test func saysThatTheTagIsGoneWhenItsManifestCouldNotFollow() async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            let digest = await registry.add("team/app", "condemned", seed: 1)
            let keep = CleaningSettings.pulled
            try lastpull.configure(CleaningSettings(url: registry.url, keep: keep).text)
            await registry.fail(next: 1_000, .answer(500)) { method, path in
                method == "DELETE" && path.hasSuffix("/\(digest)")
            }

            let first = try await lastpull.report("clean", status: 1)

            let item = try first.item("team/app:condemned")
            #expect(item.state == "failed")
            #expect(item.detail.contains("the tag is removed, but its manifest is not"))
            #expect(first.released == 0)
            #expect(await registry.tagNames("team/app").isEmpty)
            #expect(await registry.manifests("team/app") == [digest])

            await registry.heal()
            let second = try await lastpull.report("clean")
            #expect(second.states == ["team/app@\(digest)": "done"])
            #expect(await registry.manifests("team/app").isEmpty)
            await registry.stop()
        }

        private func text(of digest: Digest, in folder: ImageFolder) throws -> String {
            String(decoding: try folder.bytes(of: digest), as: UTF8.self)
        }
    }
}

/// Whether the tag was overwritten; set by the fake registry's faults.
private final class Overwritten: Sendable {
    private let state = Mutex(false)

    var hasHappened: Bool { state.withLock { $0 } }

    func happened() { state.withLock { $0 = true } }
}
