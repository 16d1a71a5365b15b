import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// A second registry on the same disk of which nobody hears.
    @Suite(.enabled(if: hasRegistry, registryMissing)) struct UnheardProcesses {
        @Test func nothingGoesWhileOneOfTwoRegistriesIsNotHeard() async throws {
            let folder = try TemporaryFolder()
            let lastpull = try LastpullDaemon()
            let root = folder.file("registry")
            let heard = try await RealRegistry.start(
                .init(endpoints: [.init(url: lastpull.hook("local"))], root: root)
            )
            var settings = CleaningSettings(url: heard.url, keep: CleaningSettings.pulled)
            settings.registry = "storage: \(root)"
            try await lastpull.start(settings: settings.text)
            var image = try ImageFolder()
            try image.addImage(tag: "one", layers: [.random(5_000, seed: 1)])
            try await Skopeo.push(image, tag: "one", to: "\(heard.host)/team/api:v1")
            try await lastpull.knows("team/api:v1")
            let alone = try await lastpull.report("plan")
            #expect(alone.items.count == 1, "\(alone.keptReasons)")

            let silent = try await RealRegistry.start(.init(root: root))
            try await Skopeo.pull("\(silent.host)/team/api:v1")
            let both = try await lastpull.report("plan")
            #expect(both.items.isEmpty && both.keptReasons == ["historyIncomplete": 1])
            let check = try await lastpull.run("check")
            #expect(check.status != 0)
            #expect(check.output.contains("2 registry processes run on its storage and 1"))
            try await silent.stop()
            #expect(try await lastpull.report("plan").items.count == 1)
            try await lastpull.terminate()
            try await heard.stop()
        }
    }
}
