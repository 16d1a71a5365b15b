import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// A disk that fills up, and the daemon beside it (design, sections 5.4 and 5.8).
    @Suite(.enabled(if: isPossible && SmallDisk.isPossible, "needs root, and \(missing)"))
    final class FullDisks {
        private let mountPoint: TemporaryFolder
        private let disk: SmallDisk
        private let registry: RealRegistry
        private let lastpull: LastpullDaemon
        private var tree: RegistryDisk { RegistryDisk(registry.storage) }

        init() async throws {
            mountPoint = try TemporaryFolder()
            disk = try SmallDisk(at: mountPoint.path, megabytes: 8)
            lastpull = try LastpullDaemon()
            registry = try await .start(
                .init(
                    endpoints: [.init(url: lastpull.hook("local"))],
                    accessLog: false,
                    root: mountPoint.file("registry")
                )
            )
        }

        deinit { disk.unmount() }

        /// Images of 600 kB, so many that the disk is above 60 %, and under 80 %.
        private func fill(_ count: Int = 9) async throws {
            for seed in 1...count {
                var folder = try ImageFolder()
                let layer = ImageFolder.Layer.random(600_000, seed: 90 + UInt64(seed))
                try folder.addImage(tag: "one", layers: [layer])
                try await Skopeo.push(folder, tag: "one", to: "\(registry.host)/app:t\(seed)")
            }
            try #require(disk.usage > 60 && disk.usage < 80, "\(disk.usage)")
            tree.age(by: 7_200)
        }

        private func settings(quarantine: String, brake: String, marks: String) -> String {
            var settings = CleaningSettings(url: registry.url)
            settings.registry =
                "storage: \(registry.storage)\n    grace: 1s\n    quarantine: \(quarantine)"
            settings.policy = brake
            settings.triggers = [
                "{ name: disk, volume: \(mountPoint.path), \(marks), "
                    + "clean: [tags, untagged, storage], cooldown: 1s }"
            ]
            return settings.text
        }

        private static let noBrake = "brake: { items: 100, share: 100%, bytes: 100% }"

        private func reclaimed() async throws -> Int64 {
            try await lastpull.events("--filter", "event=prune")
                .reduce(0) { $0 + (Int64($1["reclaimed"] ?? "") ?? 0) }
        }

        private func pullAll() async throws -> Int {
            let tags = try await registry.tags("app")
            for tag in tags { try await Skopeo.pull("\(registry.host)/app:\(tag)") }
            return tags.count
        }

        // Only bytes that are really free count; what waits in quarantine condemns nothing more.
        @Test(arguments: [
            (quarantine: "3s", marks: "above: 60%, until: 40%"),
            (quarantine: "1h", marks: "above: 55%, until: 40%, critical: 60%"),
        ])
        func isFreedDownToTheLowMark(quarantine: String, marks: String) async throws {
            try await fill()
            let before = tree.bytes
            let settings = settings(quarantine: quarantine, brake: Self.noBrake, marks: marks)
            try await lastpull.start(settings: settings)
            try await eventually("the disk is below the low mark", within: .seconds(40)) {
                disk.usage <= 40
            }
            // What is deleted is said after it: a stop in between leaves that to the next start.
            try await eventually("no run is under way", within: .seconds(40)) {
                try await lastpull.summaries().allSatisfy { $0.state != "running" }
            }
            try await lastpull.terminate()

            let freed = before - tree.bytes
            let said = try await reclaimed()
            // The registry itself removes the links of manifests and tags that it deletes: some 70
            // bytes each, of which there are three for a tag.
            #expect((0...3_000).contains(freed - said), "freed \(freed), said \(said)")
            // 5 of 9 images are 38 % with what the tree needs itself; a sixth had to go no more.
            #expect(try await pullAll() >= 4)
        }

        // A third of the registry at once is too much to go unseen, and it comes back whole.
        @Test func aBrakeHoldsABigSweep() async throws {
            try await fill()
            let settings = settings(
                quarantine: "1h",
                brake: "brake: { items: 100, share: 100% }",
                marks: "above: 60%, until: 40%"
            )
            try await lastpull.start(settings: settings)
            let waiting = try await eventualValue("a sweep waits", within: .seconds(40)) {
                try await lastpull.events("--filter", "event=waiting").last
            }
            try await lastpull.terminate()
            let run = try #require(waiting["run"])
            #expect(waiting["note"]?.contains("% go without approval") ?? false, "\(waiting)")
            #expect(tree.quarantinedFiles.isEmpty)

            let usage = disk.usage
            let kept = try await pullAll()
            #expect(kept < 9)
            let approved = try await lastpull.run("approve", run)
            #expect(approved.status == 0, "\(approved.output) \(approved.errors)")
            #expect(!tree.quarantinedFiles.isEmpty)
            #expect(disk.usage >= usage - 1, "it is out of sight, not off the disk")
            #expect(try await pullAll() == kept)

            let restored = try await lastpull.run("restore", run)
            #expect(restored.status == 0, "\(restored.output) \(restored.errors)")
            #expect(tree.quarantinedFiles.isEmpty)
            let tags = try await lastpull.summaries().filter { $0.run != run && $0.done > 0 }
            for tagRun in tags {
                let restored = try await lastpull.run("restore", tagRun.run)
                #expect(restored.status == 0, "\(restored.output) \(restored.errors)")
            }
            #expect(try await pullAll() == 9)
        }
    }
}
