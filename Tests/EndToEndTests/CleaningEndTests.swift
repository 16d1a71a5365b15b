import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// How the daemon ends while it removes (deploy/lastpull.service promises it).
    struct Ending {
        private let lastpull: LastpullDaemon
        private let repository = "team/app"

        init() throws { lastpull = try LastpullDaemon() }

        // On version 2.8 a tag that shares its manifest goes by way of a throw-away manifest. A stop
        // between the two steps must not leave it there.
        @Test func aStopEndsTheRemovalUnderWayAndBeginsNoMore() async throws {
            let registry = try await FakeRegistry.start(mode: .distribution28)
            for number in 0..<8 {
                let digest = await registry.add(repository, "t\(number)", seed: UInt64(number))
                await registry.setTag(repository, "keep-\(number)", to: digest)
            }
            let before = await registry.tags(repository)
            await registry.fail(next: .max, .slow(.seconds(1))) { method, path in
                method == "PUT" && path.contains("/manifests/t")
            }
            var settings = CleaningSettings(url: registry.url)
            settings.keep = #"{ pushed: { within: 0s }, tags: ["keep-*"] }"#
            settings.triggers = ["{ name: full, registry: local, tags: 10, until: 8 }"]
            try await lastpull.start(settings: settings.text)
            try await eventually(
                "a tag is overwritten",
                within: .seconds(30),
                every: .milliseconds(5)
            ) {
                await registry.requests.contains { request in
                    request.method == "PUT" && request.path.contains("/manifests/t")
                }
            }

            #expect(try await lastpull.terminate() == 0)

            let after = await registry.tags(repository)
            #expect(after.allSatisfy { before[$0.key] == $0.value }, "\(after)")
            #expect(after.count == before.count - 1)
            #expect(await registry.manifests(repository) == Set(before.values))
            let run = try #require(try await lastpull.summaries().first)
            #expect(run.state == "partly" && run.done == 1, "\(run)")
            let note = try await lastpull.report("runs", run.run).note
            #expect(note.contains("interrupted after 1 of"), "\(note)")
            #expect(!lastpull.log.contains("trigger freed less"), "\(lastpull.log)")

            // What was left is due again.
            await registry.heal()
            try await lastpull.start()
            try await eventually("it goes on", within: .seconds(30)) {
                await registry.tags(repository).count <= 10
            }
            try await lastpull.terminate()
            await registry.stop()
        }

        // It does nothing about the settings, and must not end the daemon: nobody would hear what is
        // used from then on.
        @Test func aHangUpChangesNothing() async throws {
            let registry = try await FakeRegistry.start(mode: .distribution3)
            try await lastpull.start(settings: CleaningSettings(url: registry.url).text)
            let id = try #require(await lastpull.processID)
            try #require(kill(id, SIGHUP) == 0)
            try await eventually("it is noted") { lastpull.log.contains("SIGHUP") }
            #expect(try await LoopbackHTTP.get("\(lastpull.url)/healthz").status == 200)
            #expect(try await lastpull.terminate() == 0)
            await registry.stop()
        }
    }
}
