import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// A tag that moved while nobody listened.
    @Suite(.enabled(if: hasRegistry, registryMissing)) struct MovedTags {
        // A rollback: what the tag points to now is the oldest image, and the push of it is lost.
        @Test func aTagThatMovedUnheardIsFreshAndTheNewest() async throws {
            let lastpull = try LastpullDaemon()
            let registry = try await RealRegistry.start(
                .init(endpoints: [.init(url: lastpull.hook("local"))])
            )
            var settings = CleaningSettings(
                url: registry.url,
                keep: "{ newest: 1, pushed: { within: 0s } }"
            )
            try await lastpull.start(settings: settings.text)
            let old = try await registry.push("team/app", "v1", seed: 1)
            try await registry.push("team/app", "prod", seed: 2)
            try await registry.push("team/app", "v3", seed: 3)
            try await lastpull.knows("team/app:v3")
            #expect(try await lastpull.report("plan").states.keys.contains("team/app:prod"))

            try await lastpull.terminate()
            #expect(try await registry.push("team/app", "prod", seed: 1) == old)
            try await registry.restart()
            try await lastpull.start()
            try await eventually("the listing finds the tag moved") {
                let answer = try await lastpull.run("explain", "team/app:prod", "--json")
                return answer.output.contains(old.description)
            }

            let images = try await lastpull.report("plan").states.keys
            #expect(images.contains("team/app:v3") && !images.contains("team/app:prod"))
            settings.keep = "{ tags: [none], pushed: { within: 1h } }"
            try lastpull.configure(settings.text)
            let answer = try await lastpull.run("explain", "team/app:prod")
            #expect(answer.output.contains("freshPush"), "\(answer.output)")
            try await lastpull.terminate()
            try await registry.stop()
        }
    }
}
