import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// Restoring what a run found gone, since somebody else had removed it.
    struct RestoringGone {
        private let lastpull: LastpullDaemon
        private let registry: FakeRegistry
        private let repository = "team/app"

        init() async throws {
            lastpull = try LastpullDaemon()
            registry = try await FakeRegistry.start(mode: .distribution3)
        }

        /// Plans the removal of three tags, and approves it once somebody else has removed `v0`.
        ///
        /// - Returns: The run, and the digest of `v0`.
        private func removeBesidesUs() async throws -> (run: String, digest: Digest) {
            for number in 0..<3 {
                await registry.add(repository, "v\(number)", seed: UInt64(number))
            }
            let digest = try #require(await registry.tags(repository)["v0"])
            var settings = CleaningSettings(url: registry.url)
            settings.policy = "brake: { items: 1 }"
            try lastpull.configure(settings.text)
            let plan = try await lastpull.run("clean", "--json")
            let run = try JSONDecoder().decode(
                CleaningReport.self,
                from: Data(plan.output.utf8)
            )
            try #require(run.state == "waiting", "\(plan)")
            await registry.setTag(repository, "v0", to: nil)
            let report = try await lastpull.report("approve", run.run)
            let item = try report.item("\(repository):v0")
            try #require(item.state == "done" && item.detail.contains("not there any more"))
            return (run.run, digest)
        }

        @Test func theTagIsWrittenWhereItsManifestIsStillThere() async throws {
            let (_, digest) = try await removeBesidesUs()
            let bytes = await registry.manifest(repository, digest)
            let result = try await lastpull.run("restore", "\(repository):v0")
            #expect(result.status == 0, "\(result)")
            #expect(await registry.tags(repository) == ["v0": digest])
            #expect(await registry.manifest(repository, digest) == bytes)
            await registry.stop()
        }

        @Test func itIsSaidThatTheManifestIsGoneToo() async throws {
            let (_, digest) = try await removeBesidesUs()
            let answer = try await LoopbackHTTP.send(
                "DELETE",
                "\(registry.url)/v2/\(repository)/manifests/\(digest)"
            )
            try #require(answer.status == 202)
            let result = try await lastpull.run("restore", "\(repository):v0")
            #expect(result.status == 1, "\(result)")
            let said = result.output + result.errors
            #expect(said.contains("somebody else removed it"), "\(said)")
            #expect(await registry.tags(repository).isEmpty)
            await registry.stop()
        }

        // What somebody else removed does not come back with a whole run.
        @Test func aRunBringsBackOnlyWhatItRemoved() async throws {
            let (run, _) = try await removeBesidesUs()
            let result = try await lastpull.run("restore", run)
            #expect(result.status == 0, "\(result)")
            #expect(await registry.tagNames(repository) == ["v1", "v2"])
            await registry.stop()
        }
    }
}
