import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// A registry that refuses deletes in some repositories and permits them in others: a proxy's
    /// cache, an archive, a token for a few of them.
    struct Rights {
        private let lastpull: LastpullDaemon
        private let folder: TemporaryFolder

        init() throws {
            lastpull = try LastpullDaemon()
            folder = try TemporaryFolder()
        }

        struct Refusal: Sendable, CustomTestStringConvertible {
            var testDescription: String
            var fault: FakeRegistry.Fault
            var detail: String
        }

        static let refusals = [
            Refusal(testDescription: "403", fault: .answer(403), detail: "not permitted"),
            Refusal(testDescription: "405", fault: .answer(405), detail: "but not everywhere"),
            Refusal(
                testDescription: "401",
                fault: .challenge,
                detail: "the registry does not accept us"
            ),
        ]

        // The first repository of the plan is the one that refuses.
        @Test(arguments: refusals)
        func goesOnPastARepositoryThatRefuses(_ refusal: Refusal) async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            await registry.set { $0.authentication = .bearer(user: nil, password: nil, realm: nil) }
            for (seed, name) in ["proxy/a", "team/b", "team/c"].enumerated() {
                await registry.add(name, "v1", seed: UInt64(seed))
            }
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            await registry.fail(next: 1_000, refusal.fault) { method, path in
                method == "DELETE" && path.hasPrefix("/v2/proxy/a/")
            }

            let report = try await lastpull.report("clean", status: 2)

            #expect(
                report.states == [
                    "proxy/a:v1": "failed", "team/b:v1": "done", "team/c:v1": "done",
                ]
            )
            let detail = try report.item("proxy/a:v1").detail
            #expect(detail.contains(refusal.detail) && detail.contains("proxy/a"), "\(detail)")
            #expect(report.note.contains("proxy/a"), "\(report.note)")
            #expect(report.state == "partly")
            await registry.stop()
        }

        // Let in for the trial, and no more: one repository of many images does not end the others'.
        @Test func goesOnPastManyRefusalsOfOneRepository() async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            await registry.set { $0.authentication = .bearer(user: nil, password: nil, realm: nil) }
            for seed in 1...12 { await registry.add("proxy/a", "v\(seed)", seed: UInt64(seed)) }
            for (seed, name) in ["team/b", "team/c"].enumerated() {
                await registry.add(name, "v1", seed: UInt64(seed + 20))
            }
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            await registry.fail(next: 1_000, .challenge) { method, path in
                method == "DELETE" && path.hasPrefix("/v2/proxy/a/manifests/v")
            }

            let report = try await lastpull.report("clean", status: 2)

            let done = report.states.filter { $0.value == "done" }.keys
            #expect(Set(done) == ["team/b:v1", "team/c:v1"], "\(report.states)")
            #expect(report.items.count == 14)
            #expect(report.note.contains("proxy/a"), "\(report.note)")
            let asked = await registry.named(by: "DELETE")
                .filter { $0.hasPrefix("v") }
            #expect(Set(asked).count <= 6, "\(asked)")
            await registry.stop()
        }

        // Our password is no good any more since the trial: nobody is asked for the rest.
        @Test func endsWhereTheRegistryTakesNoCredentialsAtAll() async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            await registry.set { $0.authentication = .bearer(user: nil, password: nil, realm: nil) }
            for seed in 1...6 {
                await registry.add("proxy/a", "v\(seed)", seed: UInt64(seed))
                await registry.add("team/b", "v\(seed)", seed: UInt64(seed + 20))
            }
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            await registry.fail(next: 1_000, .challenge) { method, path in
                method == "DELETE" && path.contains("/manifests/v") || path == "/v2/"
            }

            let report = try await lastpull.report("clean", status: 1)

            #expect(report.items.count == 12)
            #expect(report.states.values.allSatisfy { $0 == "failed" })
            let asked = await registry.named(by: "DELETE").filter { $0.hasPrefix("v") }
            #expect(asked.count <= 10, "each is asked twice: \(asked)")
            await registry.stop()
        }

        // Whoever reads it has to know where it was tried.
        @Test(arguments: refusals)
        func checkNamesTheRepositories(_ refusal: Refusal) async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            await registry.set { $0.authentication = .bearer(user: nil, password: nil, realm: nil) }
            for (seed, name) in ["proxy/a", "team/b"].enumerated() {
                await registry.add(name, "v1", seed: UInt64(seed))
            }
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            try await lastpull.report("plan")
            await registry.fail(next: 1_000, refusal.fault) { method, path in
                method == "DELETE" && path.hasPrefix("/v2/proxy/a/")
            }

            let check = try await lastpull.run("check")

            #expect(check.output.contains("deletes tags and manifests (tried in team/b)"))
            let lines = check.output.split(separator: "\n")
            let warning = lines.first { $0.contains("(tried in proxy/a)") }
            #expect(warning?.hasPrefix("warning") == true, "\(check.output)")
            await registry.stop()
        }

        // A registry that refuses everywhere is not asked once for each repository.
        @Test(arguments: [("team/", 10), ("", 40)])
        func soonTakesItForAll(_ prefix: String, _ most: Int) async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            for seed in 1...60 {
                await registry.add("\(prefix)app\(seed)", "v1", seed: UInt64(seed))
            }
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            await registry.fail(next: 1_000, .answer(403)) { method, _ in method == "DELETE" }

            let report = try await lastpull.report("clean", status: 1)

            #expect(report.items.count == 60)
            #expect(report.states.values.allSatisfy { $0 == "failed" })
            #expect(report.items.contains { $0.detail.contains("without asking") })
            let deletes = await registry.named(by: "DELETE").count
            #expect(deletes <= most, "\(deletes) requests")
            await registry.stop()
        }

        @Test func goesOnPastARepositoryOfAzure() async throws {
            let azure = try await FakeAzure.start()
            let time = Date(timeIntervalSinceNow: -8_640_000)
            await azure.add("team/api", tag: "v1", seed: 1, time: time)
            await azure.add("team/web", tag: "v1", seed: 2, time: time)
            await azure.set { $0.missingRights = ["repository:team/api:delete"] }
            try configure(azure)
            let report = try await lastpull.report("clean", status: 2)
            #expect(report.states == ["team/api:v1": "failed", "team/web:v1": "done"])
            let detail = try report.item("team/api:v1").detail
            #expect(detail.contains("content/delete of team/api"), "\(detail)")
            await azure.stop()
        }

        // Lists need another right: all would look well, and nothing ever go.
        @Test(arguments: [false, true])
        func checkReadsAManifestOfAzure(mayRead: Bool) async throws {
            let azure = try await FakeAzure.start()
            await azure.add("team/api", tag: "v1", seed: 1, time: .now)
            if !mayRead {
                await azure.set { $0.missingRights = ["repository:team/api:pull"] }
            }
            try configure(azure)
            for _ in 1...2 {
                let check = try await lastpull.run("check").output
                let hasRead = check.contains("ok  registry local: lets us read manifests")
                #expect(hasRead == mayRead, "\(check)")
                let lacks = check.contains("lacks the right content/read of team/api")
                #expect(lacks != mayRead, "\(check)")
                _ = try await lastpull.run("plan")
            }
            await azure.stop()
        }

        private func configure(_ azure: FakeAzure) throws {
            let secret = try folder.write("s3cret\n", to: "secret")
            var settings = CleaningSettings(url: azure.url)
            settings.registry = "kind: acr\n    username: admin\n    passwordFile: \(secret)"
            try lastpull.configure(settings.text)
        }

        // A user of the Hub may delete in some repositories of an organisation.
        @Test func goesOnPastARepositoryOfTheHub() async throws {
            let scene = try HubScene()
            try await scene.withHub([("a", 100, 60)]) { hub in
                await hub.add(
                    "team/web",
                    "a",
                    seed: 7,
                    pushed: Date(timeIntervalSinceNow: -8_640_000),
                    pulled: Date(timeIntervalSinceNow: -6_000_000)
                )
                try scene.configure(hub)
                let refusal = #"{"detail":"access token has insufficient scopes"}"#
                await hub.fail(next: 1_000, .answer(403, body: refusal)) { method, path in
                    method == "DELETE" && path.contains("/team/api/")
                }
                let report = try await scene.lastpull.report("clean", status: 2)
                #expect(report.states == ["team/api:a": "failed", "team/web:a": "done"])
            }
        }
    }
}
