import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// Work on a registry by its address alone, without settings (design, section 6.1).
    struct ByHand {
        private let folder: TemporaryFolder
        private let registry: FakeRegistry
        private let repository = "team/app"

        init() async throws {
            folder = try TemporaryFolder()
            registry = try await .start(mode: .distribution3)
        }

        private func run(_ arguments: String...) async throws -> Command.Result {
            try await Lastpull.run(
                arguments + ["--url", registry.url, "--ledger", folder.file("ledger.sqlite")]
            )
        }

        private func report(
            _ arguments: String...,
            status: Int32 = 0,
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws -> CleaningReport {
            let result = try await Lastpull.run(
                arguments + [
                    "--json", "--url", registry.url, "--ledger", folder.file("ledger.sqlite"),
                ]
            )
            return try CleaningReport(result, status: status, sourceLocation)
        }

        /// Leaves a manifest without its tag, between two looks at the registry.
        private func leaveUntagged() async throws -> (untagged: Digest, tagged: Digest) {
            let untagged = await registry.add(repository, "v1", seed: 1)
            _ = try await report("plan")
            return (untagged, await registry.add(repository, "v1", seed: 2))
        }

        // Clusters pin digests, and nobody listened to what they pull.
        @Test func sweepsNothingWithoutEvidence() async throws {
            let (untagged, tagged) = try await leaveUntagged()
            let report = try await report("sweep")
            #expect(report.items.isEmpty)
            #expect(report.keptReasons.keys.sorted() != [])
            #expect(await registry.manifests(repository) == [untagged, tagged])
            await registry.stop()
        }

        @Test func sweepsAtOnceOnlyWhenForcedWhileTheRegistryAnswers() async throws {
            let (untagged, tagged) = try await leaveUntagged()

            let refused = try await run("sweep", "--now")
            #expect(refused.status == 64)
            #expect(refused.errors.contains("while \(registry.url) answers"), "\(refused.errors)")
            #expect(refused.errors.contains("--now always needs --force"), "\(refused.errors)")
            #expect(refused.errors.contains("Usage: lastpull sweep "), "\(refused.errors)")
            #expect(await registry.manifests(repository) == [untagged, tagged])

            let dry = try await report("sweep", "--now", "--force", "--dry-run")
            #expect(dry.states == ["\(repository)@\(untagged)": "planned"])
            #expect(await registry.manifests(repository) == [untagged, tagged])

            let swept = try await report("sweep", "--now", "--force")
            #expect(swept.states == ["\(repository)@\(untagged)": "done"])
            #expect(await registry.manifests(repository) == [tagged])
            #expect(await registry.tags(repository) == ["v1": tagged])
            await registry.stop()
        }

        @Test func sweepsOnlyTheRepositoriesThatAreNamed() async throws {
            let (untagged, _) = try await leaveUntagged()
            await registry.add("team/other", "v1", seed: 3)
            let report = try await report("sweep", "team/other", "--now", "--force")
            #expect(report.items.isEmpty)
            #expect(await registry.manifests(repository).contains(untagged))
            await registry.stop()
        }

        // A misspelt name must not look like a repository that was clean already.
        @Test func sweepsNoRepositoryThatIsNotThere() async throws {
            let (untagged, _) = try await leaveUntagged()
            let result = try await run("sweep", repository, "team/ap", "--now", "--force")
            #expect(result.status == 1)
            #expect(result.errors.contains("no repository team/ap is known"), "\(result.errors)")
            #expect(await registry.manifests(repository).contains(untagged))
            await registry.stop()
        }

        // Without settings nobody listened: the API alone shows no untagged manifest.
        @Test(arguments: ["plan", "sweep"])
        func saysThatTheRegistryListsNoUntaggedManifests(command: String) async throws {
            let result = try await run(command, "--json")
            #expect(result.status == 0)
            #expect(result.errors.contains("lists no untagged manifests"), "\(result.errors)")
            #expect(throws: Never.self) {
                try JSONSerialization.jsonObject(with: Data(result.output.utf8))
            }
            await registry.stop()
        }

        // The same plan, but for its name and what has become of it.
        @Test func aDryRunPlansWhatTheRunDoes() async throws {
            for seed in 1...5 { await registry.add(repository, "v\(seed)", seed: UInt64(seed)) }
            let before = await registry.tags(repository)

            let dry = try await report("delete", repository, "--dry-run")
            #expect(dry.items.count == 5)
            #expect(dry.state == "planned")
            #expect(await registry.tags(repository) == before)
            #expect(await registry.named(by: "DELETE").isEmpty, "not even a trial")

            let done = try await report("delete", repository, "--yes")
            var planned = done.items
            for index in planned.indices {
                #expect(planned[index].state == "done")
                planned[index].state = "planned"
            }
            #expect(planned == dry.items)
            #expect(done.released == dry.released)
            #expect(await registry.tags(repository).isEmpty)
            await registry.stop()
        }

        // Nobody is there to ask: standard input is no terminal.
        @Test func aWholeRepositoryWantsYes() async throws {
            await registry.add(repository, "v1", seed: 1)
            let result = try await run("delete", repository)
            #expect(result.status == 64)
            #expect(result.errors.contains("add --yes"), "\(result.errors)")
            #expect(await registry.tagNames(repository) == ["v1"])
            await registry.stop()
        }

        @Test func aTagGoesAndItsSiblingStays() async throws {
            let digest = await registry.add(repository, "v1", seed: 1)
            await registry.setTag(repository, "v2", to: digest)
            let report = try await report("delete", "\(repository):v1")
            #expect(report.states == ["\(repository):v1": "done"])
            #expect(await registry.tags(repository) == ["v2": digest])
            await registry.stop()
        }

        @Test func aDigestGoesWithAllItsTags() async throws {
            let digest = await registry.add(repository, "v1", seed: 1)
            await registry.setTag(repository, "v2", to: digest)
            let other = await registry.add(repository, "v3", seed: 3)
            let report = try await report("delete", "\(repository)@\(digest)")
            #expect(report.states == ["\(repository):v1": "done", "\(repository):v2": "done"])
            #expect(await registry.tags(repository) == ["v3": other])
            #expect(await registry.manifests(repository) == [other])
            await registry.stop()
        }

        // Policy is not asked by hand; what an image consists of is protected all the same.
        @Test func aChildOfAnIndexIsNotDeleted() async throws {
            let child = await registry.add(repository, nil, seed: 1)
            await registry.addIndex(repository, "multi", of: [child])
            _ = try await report("plan")
            let result = try await run("delete", "\(repository)@\(child)")
            #expect(result.status == 1)
            #expect(result.errors.contains("inKeptIndex"), "\(result.errors)")
            #expect(await registry.manifests(repository).contains(child))
            await registry.stop()
        }

        // One wrong name among many must not be found out half way through.
        @Test(arguments: [
            "../../etc/passwd:v1", "team/app:-v1", "team/app@sha256:123", "Team/App:v1",
            "team//app:v1",
        ])
        func anInvalidNameIsRefusedBeforeAnything(name: String) async throws {
            await registry.add(repository, "v1", seed: 1)
            let result = try await run("delete", "\(repository):v1", name)
            #expect(result.status == 64)
            #expect(result.errors.contains("is not an image"), "\(result.errors)")
            #expect(await registry.requests.isEmpty)
            await registry.stop()
        }

        @Test func anImageThatIsNotThereIsNamedBeforeAnything() async throws {
            await registry.add(repository, "v1", seed: 1)
            let result = try await run("delete", "\(repository):v1", "\(repository):v9")
            #expect(result.status == 1)
            #expect(result.errors.contains("\(repository):v9"), "\(result.errors)")
            #expect(await registry.tagNames(repository) == ["v1"])
            await registry.stop()
        }

        @Test func cleanWantsPolicies() async throws {
            let result = try await run("clean")
            #expect(result.status == 64)
            #expect(await registry.requests.isEmpty)
            await registry.stop()
        }

        @Test func theLedgerIsKeptInTheStateFolder() async throws {
            await registry.add(repository, "v1", seed: 1)
            let state = folder.file("state")
            let result = try await Lastpull.run(
                ["plan", "--url", registry.url],
                environment: ["XDG_STATE_HOME": state]
            )
            #expect(result.status == 0, "\(result.errors)")
            let files = try FileManager.default.contentsOfDirectory(atPath: "\(state)/lastpull")
            let ledgers = files.filter { $0.hasSuffix(".sqlite") }
            #expect(ledgers.count == 1)
            let port = registry.host.split(separator: ":").last ?? ""
            #expect(ledgers.first?.contains("127.0.0.1_\(port)") == true, "\(files)")
            await registry.stop()
        }

        // Others read this: every key is there, whatever is known (design, section 6.4).
        @Test func jsonHasEveryKey() async throws {
            let (untagged, _) = try await leaveUntagged()
            let dry = try await run("sweep", "--now", "--force", "--dry-run", "--json")
            let done = try await run("delete", "\(repository):v1", "--json")
            for result in [dry, done] {
                let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
                let report = try #require(object as? [String: Any])
                let keys = ["run", "mode", "items", "kept", "released", "reclaimed"]
                #expect(Set(keys).subtracting(report.keys).isEmpty, "\(report.keys)")
                #expect(report["mode"] as? String == "enforce")
                let items = try #require(report["items"] as? [[String: Any]])
                #expect(items.count == 1)
                let itemKeys = [
                    "kind", "registry", "repository", "tag", "digest", "verdict", "reason",
                    "lastAccess", "accesses", "bytes", "state", "detail",
                ]
                for item in items {
                    #expect(Set(itemKeys).subtracting(item.keys).isEmpty, "\(item.keys)")
                    #expect(item["verdict"] as? String == "remove")
                    #expect(item["lastAccess"] is NSNull, "nobody listened")
                    #expect(item["accesses"] as? Int == 0)
                    #expect(item["detail"] as? String == "")
                }
            }
            let object = try JSONSerialization.jsonObject(with: Data(dry.output.utf8))
            let items = (object as? [String: Any])?["items"] as? [[String: Any]]
            #expect(items?.first?["kind"] as? String == "manifest")
            #expect(items?.first?["tag"] is NSNull)
            #expect(items?.first?["digest"] as? String == untagged.description)
            await registry.stop()
        }
    }
}
