import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// `kill -9` anywhere in a run: the next start finishes it, and nothing is left half done
    /// (design, section 5.11).
    struct Killed {
        private let lastpull: LastpullDaemon
        private let repository = "team/app"
        private let keep = #"{ pushed: { within: 0s }, tags: ["keep*"] }"#

        init() throws { lastpull = try LastpullDaemon() }

        /// Starts a cleanup and kills it when it has sent some number of requests that write.
        private func killCleanup(
            within most: Int,
            _ writes: () async -> Int
        ) async throws {
            let target = await writes() + Int.random(in: 1...most)
            let process = try ChildProcess(
                Lastpull.binary,
                ["clean", "--config", lastpull.configuration]
            )
            try await eventually("it sends requests", within: .seconds(30), every: .milliseconds(1))
            {
                if process.exitStatus != nil { return true }
                return await writes() >= target
            }
            // Somewhere between two requests, not always right after one.
            try await Task.sleep(for: .microseconds(Int.random(in: 0...15_000)))
            try await process.kill()
        }

        private func runsAreOver() async throws -> Bool {
            try await lastpull.summaries().allSatisfy { $0.state != "running" }
        }

        /// Checks that every condemned tag was removed by one item of one run, and by one only.
        private func everyRemovalIsWrittenDownOnce(_ condemned: Set<String>) async throws {
            var done: [String] = []
            for summary in try await lastpull.summaries() {
                let run = try await lastpull.report("runs", summary.run)
                done += run.items.filter { $0.state == "done" }.compactMap(\.tag)
                #expect(run.items.allSatisfy { $0.state == "done" }, "\(run.states)")
            }
            #expect(done.sorted() == condemned.sorted())
            let verified = try await lastpull.run("ledger", "verify")
            #expect(verified.status == 0, "\(verified.output)")
        }

        // Sixty tags on twenty digests; half of the digests have a tag that stays, so that on
        // version 2.8 whole manifests, groups of tags and detours are all under way.
        private func fill(
            _ registry: FakeRegistry
        ) async -> (
            kept: [String: Digest], condemned: Set<String>
        ) {
            var kept: [String: Digest] = [:]
            var condemned: Set<String> = []
            for number in 0..<20 {
                let digest = await registry.add(repository, nil, seed: UInt64(number))
                for letter in ["a", "b", number % 2 == 0 ? "keep" : "c"] {
                    let tag = "\(letter)-\(number)"
                    await registry.setTag(repository, tag, to: digest)
                    if letter == "keep" { kept[tag] = digest } else { condemned.insert(tag) }
                }
            }
            return (kept, condemned)
        }

        @Test(arguments: [FakeRegistry.Mode.distribution28, .distribution3], 1...3)
        func theNextCleanupFinishesWhatAKillCutOff(
            mode: FakeRegistry.Mode,
            round: Int
        ) async throws {
            let registry = try await FakeRegistry.start(mode: mode)
            let (kept, condemned) = await fill(registry)
            await registry.fail(next: .max, .slow(.milliseconds(3)))
            try lastpull.configure(CleaningSettings(url: registry.url, keep: keep).text)

            for _ in 1...3 {
                try await killCleanup(within: 25) { await writes(of: registry) }
            }
            try await lastpull.report("clean")

            #expect(try await runsAreOver())
            #expect(await registry.tags(repository) == kept)
            #expect(await registry.manifests(repository) == Set(kept.values))
            try await everyRemovalIsWrittenDownOnce(condemned)
            await registry.stop()
        }

        // The daemon itself is killed, over and over, in the middle of what a threshold started.
        @Test(arguments: [FakeRegistry.Mode.distribution28, .distribution3])
        func theDaemonFinishesItsOwnRun(mode: FakeRegistry.Mode) async throws {
            let registry = try await FakeRegistry.start(mode: mode)
            var (kept, condemned) = await fill(registry)
            var settings = CleaningSettings(url: registry.url, keep: keep)
            settings.triggers = ["{ name: full, registry: local, tags: 60, until: 0 }"]
            await registry.notify(url: lastpull.hook("local"))
            try await lastpull.start(settings: settings.text)
            try await lastpull.knows("\(repository):b-19")
            await registry.fail(next: .max, .slow(.milliseconds(3))) { method, _ in
                method != "GET" && method != "HEAD"
            }
            try await registry.push(repository, "keep-last", seed: 99)
            kept["keep-last"] = await registry.tags(repository)["keep-last"]

            for _ in 1...3 {
                let target = await writes(of: registry) + Int.random(in: 1...12)
                try await eventually("it removes", every: .milliseconds(1)) {
                    await writes(of: registry) >= target
                }
                try await lastpull.killAndRestart()
            }

            try await eventually("the run is over", within: .seconds(30)) {
                let runs = try await lastpull.summaries()
                return !runs.isEmpty && runs.allSatisfy { $0.state == "done" }
            }
            #expect(try await lastpull.summaries().count == 1)
            #expect(await registry.tags(repository) == kept)
            #expect(await registry.manifests(repository) == Set(kept.values))
            try await everyRemovalIsWrittenDownOnce(condemned)
            let events = try await lastpull.events("--filter", "event=prune")
            #expect(events.map { $0["items"] } == ["\(condemned.count)"], "it is told once")
            try await lastpull.terminate()
            await registry.stop()
        }

        // What fired while the cut off run was finished is measured again: both would remove too much.
        @Test func theLowMarkHoldsAcrossKills() async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            for number in 0..<30 {
                let digest = await registry.add(repository, nil, seed: UInt64(number))
                await registry.setTag(repository, "v\(number)", to: digest)
            }
            var settings = CleaningSettings(url: registry.url, keep: "{ pushed: { within: 0s } }")
            settings.triggers = ["{ name: full, registry: local, tags: 20, until: 15 }"]
            await registry.notify(url: lastpull.hook("local"))
            await registry.fail(next: .max, .slow(.milliseconds(40))) { method, _ in
                method != "GET" && method != "HEAD"
            }
            try await lastpull.start(settings: settings.text)
            for _ in 1...3 {
                let target = await writes(of: registry) + 2
                try await eventually("it removes", every: .milliseconds(1)) {
                    await writes(of: registry) >= target
                }
                try await lastpull.killAndRestart()
            }
            try await eventually("the run is over", within: .seconds(30)) {
                let runs = try await lastpull.summaries()
                return !runs.isEmpty && runs.allSatisfy { $0.state == "done" }
            }
            // Anything that fired meanwhile would have begun by then.
            try await registry.push("team/other", "v1", seed: 99)
            try await lastpull.knows("team/other:v1")
            try await Task.sleep(for: .seconds(2))
            #expect(await registry.tags(repository).count == 15)
            try await lastpull.terminate()
            await registry.stop()
        }

        private func writes(of registry: FakeRegistry) async -> Int {
            await registry.requests.count { $0.method != "GET" && $0.method != "HEAD" }
        }

        // What is finished after a kill was removed by us, so it can be put back as well.
        @Test func whatWasFinishedAfterAKillCanBeRestored() async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            let (kept, condemned) = await fill(registry)
            let before = await registry.tags(repository)
            await registry.fail(next: .max, .slow(.milliseconds(3)))
            try lastpull.configure(CleaningSettings(url: registry.url, keep: keep).text)
            try await killCleanup(within: 25) {
                await registry.requests.count { $0.method == "DELETE" }
            }
            try await lastpull.report("clean")
            #expect(await registry.tags(repository) == kept)
            let runs = try await lastpull.summaries()
            #expect(runs.map(\.items).reduce(0, +) == condemned.count)

            for run in runs where run.items > 0 {
                let restored = try await lastpull.run("restore", run.run)
                #expect(restored.status == 0, "\(restored.output) \(restored.errors)")
            }
            #expect(await registry.tags(repository) == before)
            await registry.stop()
        }

        // The daemon does it by itself when it comes up again.
        @Test(.enabled(if: hasRegistry, registryMissing), arguments: 1...2)
        func theDaemonFinishesWhatAKillCutOffOnARealRegistry(round: Int) async throws {
            let registry = try await RealRegistry.start(
                .init(endpoints: [.init(url: lastpull.hook("local"))])
            )
            let settings = CleaningSettings(url: registry.url, keep: keep).text
            try await lastpull.start(settings: settings)
            var kept: [String: Digest] = [:]
            var condemned: Set<String> = []
            for number in 0..<8 {
                var folder = try ImageFolder()
                let digest = try folder.addImage(
                    tag: "one",
                    layers: [.random(2_000, seed: UInt64(number))]
                )
                let first = "\(number % 2 == 0 ? "keep" : "c")-\(number)"
                let image = "\(registry.host)/\(repository):\(first)"
                try await Skopeo.push(folder, tag: "one", to: image)
                if number % 2 == 0 { kept[first] = digest } else { condemned.insert(first) }
                for tag in ["a-\(number)", "b-\(number)"] {
                    try await registry.put(digest, of: folder, to: repository, tag)
                    condemned.insert(tag)
                }
            }
            // Heard before the run: what is heard later is taken for use, and kept.
            try await lastpull.knows("\(repository):b-7")
            try await lastpull.terminate()
            try await killCleanup(within: 15) {
                let log = registry.accessLog
                return log.components(separatedBy: "\"DELETE ").count
                    + log.components(separatedBy: "\"PUT ").count
            }

            // A second kill, of the daemon while it finishes the run.
            try await lastpull.start()
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...60)))
            try await lastpull.killAndRestart()
            try await eventually("the run is over") { try await runsAreOver() }
            let first = try await lastpull.summaries()
            #expect(first.allSatisfy { $0.state == "done" }, "\(first)")
            // In case the first kill came before the plan was stored, or for good measure.
            try await lastpull.report("clean")

            #expect(try await registry.tags(repository) == kept.keys.sorted())
            #expect(registry.manifests(repository) == Set(kept.values))
            for (tag, digest) in kept {
                #expect(try await registry.digest(repository, tag) == digest)
                try await Skopeo.pull("\(registry.host)/\(repository):\(tag)")
            }
            try await everyRemovalIsWrittenDownOnce(condemned)
            try await lastpull.terminate()
        }
    }
}
