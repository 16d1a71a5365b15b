import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// `sweep` by hand, where policies say which manifests go and the disk is here: one answer for
    /// both.
    @Suite(.enabled(if: isPossible, missing)) struct SweepsByPolicy {
        private let daemon: LastpullDaemon
        private let registry: RealRegistry
        private var disk: RegistryDisk { RegistryDisk(registry.storage) }

        init() async throws {
            daemon = try LastpullDaemon()
            registry = try await .start(
                .init(endpoints: [.init(url: daemon.hook("local"))], accessLog: false)
            )
        }

        /// Starts it over an image that is untagged, and returns once that may go.
        private func start(
            mode: String = "enforce",
            brake: String = "100%",
            items: String = "100",
            url: String? = nil
        ) async throws {
            var settings = CleaningSettings(url: url ?? registry.url)
            settings.keep =
                "{ accessed: { atLeast: 1, within: 1h }, pushed: { within: 0s }, tags: [v1] }"
            settings.mode = mode
            settings.policy = "brake: { items: \(items), share: 100%, bytes: \(brake) }"
            settings.registry =
                "storage: \(registry.storage)\n    grace: 1s\n    quarantine: 1h"
            try await daemon.start(settings: settings.text)
            for seed in 1...2 { try await registry.push("team/api", "v1", seed: UInt64(seed)) }
            let pushed = ContinuousClock.now
            disk.age(by: 26 * 3_600)
            try await eventually("an image may go, and the grace is over", within: .seconds(30)) {
                let plan = try await daemon.report("plan")
                return plan.items.count == 1 && ContinuousClock.now - pushed > .seconds(6)
            }
        }

        /// The first sweep by whose time a probe has come back, so that the image may go.
        private func sweep() async throws -> CleaningReport {
            try await eventualValue("a sweep has the image", within: .seconds(30)) {
                let report = try await daemon.report("sweep")
                return report.items.isEmpty ? nil : report
            }
        }

        // What the manifest has released is what its blobs are.
        @Test(arguments: [("100%", "done"), ("1%", "waiting")])
        func countsBytesOnce(brake: String, state: String) async throws {
            try await start(brake: brake)
            let report = try await sweep()
            #expect(report.state == state, "\(report.note)")
            let manifest = try #require(report.items.first { $0.kind == "manifest" })
            let blobs = report.items.filter { $0.kind == "blob" }.reduce(0) { $0 + $1.bytes }
            #expect(manifest.bytes > 2_000 && blobs > 2_000, "\(report.items)")
            // The links are no image's bytes.
            #expect((manifest.bytes..<manifest.bytes + 500).contains(report.released))
            let foretold = try await answer(isDryRun: true)
            let isHeld = foretold.note.contains("it would wait for `approve`: brake: ")
            #expect(isHeld == (state == "waiting"), "\(foretold.note)")
        }

        // Whoever is to approve what waits of the disk is told what the manifests came to; and so is
        // a script, by the status.
        @Test(.enabled(if: LoggingProxy.isInstalled, "needs nginx-light"))
        func tellsOfManifestsThatFailedWhereTheDiskWaits() async throws {
            let proxy = try await LoggingProxy(
                before: registry.url,
                sendingTo: try LoopbackPort.free(),
                rule: "if ($request_method = DELETE) { return 500; }"
            )
            try await start(brake: "0%", url: proxy.url)
            try addGarbage()
            var result = Command.Result(status: 0, output: "", errors: "")
            let report = try await eventualValue("the image may go", within: .seconds(30)) {
                result = try await daemon.run("sweep", "--json")
                let report = try JSONDecoder()
                    .decode(StorageReport.self, from: Data(result.output.utf8))
                return report.digests("manifest").isEmpty ? nil : report
            }
            #expect(report.state == "waiting" && result.status == 1, "\(result)")
            #expect(report.note.contains("has removed 0 of 1 manifests before"), "\(report.note)")
            #expect(report.note.contains("500"), "\(report.note)")
            #expect(report.note.contains("`lastpull approve"), "\(report.note)")
            #expect(report.outcomes == ["failed": 1])
        }

        @Test func tellsOfManifestsThatWentWhereTheDiskWaits() async throws {
            try await start(brake: "0%")
            let report = try await eventualValue("the image may go", within: .seconds(30)) {
                let report = try await answer()
                return report.digests("manifest").isEmpty ? nil : report
            }
            #expect(report.state == "waiting")
            #expect(report.note.contains("(done) has removed 1 of 1 manifests before"))
            #expect(report.outcomes == ["done": 1])
        }

        /// What a sweep tells, or would do.
        private func answer(isDryRun: Bool = false) async throws -> StorageReport {
            let result =
                isDryRun
                ? try await daemon.run("sweep", "--dry-run", "--json")
                : try await daemon.run("sweep", "--json")
            return try JSONDecoder().decode(StorageReport.self, from: Data(result.output.utf8))
        }

        /// Something that no image ever needed.
        private func addGarbage() throws {
            let bytes = Array("garbage".utf8)
            let hex = Digest(hashing: bytes).encoded
            try disk.write(bytes, to: "blobs/sha256/\(hex.prefix(2))/\(hex)/data")
            disk.age(by: 26 * 3_600)
        }

        // The manifests' run and that of the disk are foretold as they come: what only the manifests
        // need that would go goes from the disk, too, and is counted once.
        @Test(arguments: [true, false])
        func foretellsWhatItThenDoes(hasCache: Bool) async throws {
            if !hasCache { try await registry.restart { $0.cache = false } }
            try await start()
            try addGarbage()
            let foretold = try await eventualValue("the image may go", within: .seconds(30)) {
                let report = try await answer(isDryRun: true)
                return report.digests("manifest").isEmpty ? nil : report
            }
            let swept = try await answer()
            #expect(foretold.items.map(\.identity).sorted() == swept.items.map(\.identity).sorted())
            #expect(foretold.digests("blob").count == (hasCache ? 3 : 4), "\(foretold.items)")
            #expect(foretold.released == swept.released)
        }

        // Where a policy only observes, or a brake holds the manifests, their blobs stay.
        @Test(arguments: [("observe", "100"), ("enforce", "0")])
        func foretellsNoBlobsOfManifestsThatStay(mode: String, brake: String) async throws {
            try await start(mode: mode, items: brake)
            try addGarbage()
            let foretold = try await eventualValue("the image may go", within: .seconds(30)) {
                let report = try await answer(isDryRun: true)
                return report.digests("manifest").isEmpty ? nil : report
            }
            #expect(foretold.digests("blob").count == 1, "\(foretold.items)")
            let swept = try await answer()
            #expect(swept.digests("blob") == foretold.digests("blob"))
            #expect(swept.digests("manifest") == foretold.digests("manifest"))
        }

        @Test func saysThatAPolicyOnlyObserves() async throws {
            try await start(mode: "observe")
            let before = disk.bytes
            let report = try await sweep()
            #expect(report.mode == "observe" && report.state == "planned", "\(report)")
            #expect(report.items.map(\.state) == ["planned"])
            #expect(report.note.contains("policy p only observes"), "\(report.note)")
            #expect(try await daemon.summaries().contains { $0.run == report.run && $0.items == 1 })
            #expect(registry.manifests("team/api").count == 2)
            #expect(disk.bytes == before)
        }

        private struct Answer: Decodable {
            struct Item: Decodable {
                let kind: String
                let mode: String
                let state: String
            }

            let mode: String
            let state: String
            let note: String
            let items: [Item]
        }

        // A blob that nothing refers to is no image, and no policy is about it.
        @Test func takesWhatNoImageNeedsBesideIt() async throws {
            try await start(mode: "observe")
            var count = 0
            let report = try await eventualValue("a sweep of both", within: .seconds(30)) {
                count += 1
                let bytes = Array("garbage \(count)".utf8)
                let hex = Digest(hashing: bytes).encoded
                try disk.write(bytes, to: "blobs/sha256/\(hex.prefix(2))/\(hex)/data")
                disk.age(by: 26 * 3_600)
                let result = try await daemon.run("sweep", "--json")
                let report = try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
                return report.items.contains { $0.kind == "manifest" } ? report : nil
            }
            #expect(report.mode == "enforce" && report.state == "done", "\(report)")
            let items = report.items.map { "\($0.kind) \($0.mode) \($0.state)" }
            #expect(Set(items) == ["manifest observe planned", "blob enforce quarantined"])
            #expect(report.note.contains("policy p only observes"), "\(report.note)")
            #expect(registry.manifests("team/api").count == 2)
        }
    }
}
