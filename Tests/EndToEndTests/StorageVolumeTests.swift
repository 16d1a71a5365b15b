import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// A trigger by a file system that the registry's storage is not on: nothing that goes would ever
    /// free it, and all would go.
    @Suite(.enabled(if: isPossible && SmallDisk.isPossible, "needs root, and \(missing)"))
    final class OtherVolumes {
        private let mountPoint: TemporaryFolder
        private let disk: SmallDisk
        private let registry: RealRegistry
        private let lastpull: LastpullDaemon

        init() async throws {
            mountPoint = try TemporaryFolder()
            disk = try SmallDisk(at: mountPoint.path)
            try Data(count: 4_096).write(to: URL(filePath: mountPoint.file("file")))
            lastpull = try LastpullDaemon()
            registry = try await .start(.init(accessLog: false))
            for seed in 1...2 { try await registry.push("app", "t\(seed)", seed: UInt64(seed)) }
            RegistryDisk(registry.storage).age(by: 7_200)
        }

        deinit { disk.unmount() }

        private func settings(_ path: String, of name: String = "local") -> String {
            var settings = CleaningSettings(url: registry.url)
            settings.registry = "storage: \(registry.storage)\n    grace: 1s"
            settings.policy = "brake: { items: 100, share: 100%, bytes: 100% }"
            settings.triggers = [
                "{ name: disk, \(name.isEmpty ? "" : "registry: \(name), ")volume: \(path), "
                    + "above: 1B, until: 1B, cooldown: 1s }"
            ]
            return settings.text
        }

        @Test(arguments: ["local", ""])
        func nothingGoesForAFileSystemThatItCannotFree(name: String) async throws {
            try await lastpull.start(settings: settings(mountPoint.path, of: name))
            let event = try await eventualValue("it says why", within: .seconds(30)) {
                try await lastpull.events("--filter", "event=insufficient").first
            }
            #expect(event["why"]?.contains("is on another file system") ?? false, "\(event)")
            #expect(event["why"]?.contains(registry.storage) ?? false, "\(event)")
            // Several ticks more, in which it would fire again.
            try await eventually("it was looked at again", within: .seconds(30)) {
                try await lastpull.run("explain", "app:t2", "--json").status == 0
            }
            try await lastpull.terminate()
            #expect(try await registry.tags("app") == ["t1", "t2"])
            #expect(try await lastpull.summaries().isEmpty)
            #expect(try await lastpull.events("--filter", "event=insufficient").count == 1)
        }

        @Test func checkFailsForIt() async throws {
            try lastpull.configure(settings(mountPoint.path))
            let wrong = try await lastpull.run("check")
            #expect(wrong.status == 1)
            #expect(wrong.output.contains("failed  trigger disk: never fires"), "\(wrong.output)")
            try lastpull.configure(settings(registry.storage))
            let right = try await lastpull.run("check")
            #expect(!right.output.contains("trigger disk"), "\(right.output)")
        }
    }
}
