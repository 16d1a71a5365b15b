import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// Sweeps without a pause while clients push and pull without a pause (design, section 5.8).
    @Suite(.enabled(if: isPossible, missing)) struct Churning {
        /// How long clients and sweeps run for each way to make a registry forget.
        ///
        /// In that time are some hundred pushes and a dozen sweeps: what goes wrong once in a
        /// hundred shows most times. `LASTPULL_CHURN_SECONDS` makes it longer.
        private static let length = Duration.seconds(
            Command.environment["LASTPULL_CHURN_SECONDS"].flatMap { Int($0) } ?? 30
        )

        private static let points = [
            "planned", "begun", "halfTaken", "taken", "lookedAgain", "dropping", "halfForgotten",
            "forgotten", "quarantined", "purgePlanned", "halfPurged", "purged",
        ]

        // A push that ended well pulls, whatever was swept, killed or restarted meanwhile; and what
        // is left on the disk in the end is what the tags need.
        @Test(arguments: [true, false])
        func whatWasPushedPulls(hasCache: Bool) async throws {
            let scene = try await StorageScene(
                .init(accessLog: false, cache: hasCache),
                grace: "2s"
            )
            let churn = Churn(scene, takesUntagged: !hasCache, for: Self.length)
            let settings = ["--config", scene.configuration]
            // Without a cache the tree alone tells all; so there untagged manifests are swept, too.
            let commands =
                hasCache
                ? [["prune"] + settings]
                : [["prune"] + settings, ["sweep"] + scene.diskAlone]
            try await withThrowingTaskGroup { group in
                for worker in 1...4 { group.addTask { try await churn.work(worker) } }
                group.addTask { try await churn.age() }
                group.addTask { try await churn.sweep(Self.points, commands) }
                group.addTask { try await churn.restart(after: Self.length / 2) }
                try await group.waitForAll()
            }
            let result = churn.result
            #expect(result.pushes > 20 && result.sweeps > 4, "\(result.summary)")
            try await checkImages(result, scene)
            try await checkDisk(result, scene)
        }

        private func checkImages(_ result: Churn.State, _ scene: StorageScene) async throws {
            for (name, digest) in result.tags.sorted(by: { $0.key < $1.key }) {
                let folder = try await Skopeo.pull(scene.image(name), all: true)
                let manifest = Array(folder.text(of: "manifest.json").utf8)
                #expect(Digest(hashing: manifest) == digest, "\(name)")
            }
        }

        /// Sweeps to the end and looks at what is left.
        private func checkDisk(_ result: Churn.State, _ scene: StorageScene) async throws {
            let disk = RegistryDisk(scene.registry.storage)
            for _ in 1...3 {
                disk.age(by: 26 * 3_600)
                _ = try await scene.run("prune")
            }
            let rest = try await scene.report("prune", "--dry-run")
            #expect(rest.items.isEmpty, "\(rest)")
            // A registry with nothing in its cache believes in nothing but the disk.
            try await scene.registry.restart()
            try await checkImages(result, scene)

            try await scene.registry.stop()
            disk.age(by: 26 * 3_600)
            let swept = try await scene.reportOnDisk("sweep", "--now")
            var needed: Set<Digest> = []
            for digest in result.tags.values { needed.formUnion(try disk.contents(of: digest)) }
            #expect(disk.blobs == needed, "\(swept)")
            #expect(disk.quarantinedFiles.isEmpty)
            try await scene.registry.start()
            try await checkImages(result, scene)
        }
    }
}

extension Churn.State {
    var summary: String {
        """
        \(pushes) pushes, \(pulls) pulls, \(deletes) deletes, \(sweeps) sweeps, \(kills) killed, \
        \(late.count) late, \(refused.count) refused
        """
    }
}
