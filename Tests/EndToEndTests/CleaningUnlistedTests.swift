import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// A repository that can't be listed: it stays as it was known, and the others are cleaned.
    struct Unlisted {
        private let lastpull: LastpullDaemon
        private let registry: FakeRegistry

        init() async throws {
            lastpull = try LastpullDaemon()
            registry = try await .start(mode: .distribution3)
            for (seed, name) in ["team/a", "team/b", "team/c"].enumerated() {
                await registry.add(name, "v1", seed: UInt64(seed))
            }
            try lastpull.configure(CleaningSettings(url: registry.url).text)
        }

        struct Trouble: Sendable, CustomTestStringConvertible {
            var testDescription: String
            var fault: FakeRegistry.Fault
            var words: String
        }

        static let troubles = [
            Trouble(testDescription: "403", fault: .answer(403), words: "status 403"),
            Trouble(testDescription: "no JSON", fault: .answer(200), words: "not a list in JSON"),
            Trouble(
                testDescription: "a tag with an invalid name",
                fault: .answer(200, body: #"{"name":"team/b","tags":["v1","no tag!"]}"#),
                words: "a tag has an invalid name"
            ),
        ]

        private func breakList(_ fault: FakeRegistry.Fault) async {
            await registry.fail(next: 100_000, fault) { _, path in
                path == "/v2/team/b/tags/list"
            }
        }

        @Test(arguments: troubles)
        func theOthersAreCleaned(_ trouble: Trouble) async throws {
            try await lastpull.report("plan")
            await breakList(trouble.fault)

            let report = try await lastpull.report("clean", status: 2)

            #expect(report.states == ["team/a:v1": "done", "team/c:v1": "done"])
            #expect(report.keptReasons == ["repositoryUnlisted": 1])
            #expect(report.note.contains("team/b could not be listed"), "\(report.note)")
            #expect(report.note.contains(trouble.words), "\(report.note)")
            #expect(await registry.tagNames("team/b") == ["v1"])
            let answer = try await lastpull.explain("team/b:v1")
            #expect(answer.verdict == "keep" && answer.reason == "repositoryUnlisted")

            await registry.heal()
            #expect(try await lastpull.report("clean").states == ["team/b:v1": "done"])
            await registry.stop()
        }

        // Whoever asks for another repository gets what they asked for.
        @Test func itIsNoMatterForACommandAboutAnother() async throws {
            await breakList(.answer(403))
            let plan = try await lastpull.report("plan", "--repository", "team/c")
            #expect(plan.items.map(\.image) == ["team/c:v1"])
            #expect(!plan.note.contains("team/b"), "\(plan.note)")
            let unknown = try await lastpull.run("explain", "team/b:v1")
            #expect(unknown.errors.contains("could not be listed"), "\(unknown.errors)")
            let run = try await lastpull.report("clean", "--repository", "team/a")
            #expect(run.states == ["team/a:v1": "done"])
            await registry.stop()
        }

        @Test(arguments: [false, true])
        func checkNamesIt(isKnown: Bool) async throws {
            await breakList(.answer(403))
            if isKnown { try await lastpull.report("plan", status: 2) }
            let check = try await lastpull.run("check")
            let line = check.output.split(separator: "\n").first { $0.contains("team/b can't") }
            #expect(line?.hasPrefix("warning  registry local") == true, "\(check.output)")
            #expect(line?.contains("status 403") == true, "\(check.output)")
            await registry.stop()
        }

        // Triggers wait for the first listing; it ends, and is not begun again every few seconds.
        @Test func theDaemonCleansTheOthers() async throws {
            for seed in 1...4 {
                await registry.add("team/a", "t\(seed)", seed: UInt64(seed) + 100)
            }
            await breakList(.answer(403))
            var settings = CleaningSettings(url: registry.url)
            settings.triggers = ["{ name: full, registry: local, tags: 2, until: 1 }"]
            try await lastpull.start(settings: settings.text)
            try await eventually("team/a is cleaned") {
                await registry.tagNames("team/a").count == 1
            }
            #expect(await registry.tagNames("team/b") == ["v1"])
            let passes = await registry.requests.filter { $0.path == "/v2/_catalog" }.count
            #expect(passes == 1)
            try await lastpull.terminate()
            await registry.stop()
        }

        // What it held may be gone long ago: others must not go to make up for it.
        @Test func itsBytesCrossNoThreshold() async throws {
            for seed in 1...8 {
                let name = seed <= 3 ? "team/a" : "team/b"
                await registry.add(name, "t\(seed)", seed: UInt64(seed) + 100, bytes: 100_000)
            }
            try await lastpull.report("plan")
            await breakList(.answer(403))
            var settings = CleaningSettings(url: registry.url)
            settings.triggers = ["{ name: full, registryBytes: 550KB, until: 200KB }"]
            try await lastpull.start(settings: settings.text)
            let event = try await eventualValue("it says why nothing goes") {
                try await lastpull.events("--filter", "event=insufficient").last
            }
            let why = try #require(event["why"])
            #expect(why.contains("of repositories that could not be listed"), "\(why)")
            #expect(await registry.tagNames("team/a") == ["t1", "t2", "t3", "v1"])
            // Known again, they count.
            await registry.heal()
            _ = try await lastpull.run("plan")
            try await eventually("the registry is cleaned") {
                await registry.tagNames("team/a").count + registry.tagNames("team/b").count < 10
            }
            try await lastpull.terminate()
            await registry.stop()
        }

        // A registry that refuses us is not asked once for each repository.
        @Test func aRegistryThatRefusesAllIsLeftAtOnce() async throws {
            await registry.fail(next: 100_000, .answer(403)) { _, path in path != "/v2/_catalog" }
            let result = try await lastpull.run("plan")
            #expect(result.status == 1)
            #expect(result.errors.contains("team/a") && result.errors.contains("status 403"))
            let lists = await registry.requests.filter { $0.path.hasSuffix("/tags/list") }
            #expect(lists.count == 1)
            await registry.stop()
        }
    }
}
