import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// Each cleanup ends in a prune event that other tools can read (design, section 5.10).
    struct Announcing {
        private let lastpull: LastpullDaemon
        private let registry: FakeRegistry
        private let began = Int(Date.now.timeIntervalSince1970)

        init() async throws {
            lastpull = try LastpullDaemon()
            registry = try await .start(mode: .distribution3)
            await registry.add("team/app", "v1", seed: 1, bytes: 50_000)
            await registry.add("team/web", "v1", seed: 2, bytes: 50_000)
        }

        @Test func eventsTellWhatWasRemoved() async throws {
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            let run = try await lastpull.report("clean", "--repository", "team/app")

            let events = try await lastpull.events("--since", "\(began)", "--filter", "event=prune")

            #expect(events.count == 1)
            let event = try #require(events.first)
            #expect(event.type == "tag")
            #expect(event.actor.id == "local")
            let attributes = event.actor.attributes
            #expect(attributes["run"] == run.run)
            #expect(attributes["registry"] == "local")
            #expect(attributes["items"] == "1")
            #expect(attributes["policy"] == "p")
            #expect(attributes["mode"] == "enforce")
            #expect(attributes["reclaimed"] == "0", "nothing is freed on the registry's disk yet")
            let released = try #require(attributes["released"].flatMap { Int64($0) })
            #expect(released == run.released)
            #expect(released > 50_000)
            await registry.stop()
        }

        @Test func eventsAreFiltered() async throws {
            try lastpull.configure(CleaningSettings(url: registry.url).text)
            let first = try await lastpull.report("clean", "--repository", "team/app")
            let second = try await lastpull.report("clean", "--repository", "team/web")

            let all = try await lastpull.events("--filter", "event=prune")
            #expect(all.compactMap { $0["run"] } == [first.run, second.run])
            let one = try await lastpull.events("--filter", "run=\(second.run)")
            #expect(one.map { $0["run"] } == [second.run])
            for nothing in ["event=plan", "registry=other", "type=blob"] {
                #expect(try await lastpull.events("--filter", nothing).isEmpty, "\(nothing)")
            }
            let before = "\(began - 3_600)"
            #expect(try await lastpull.events("--until", before).isEmpty)
            for wrong in ["event", "colour=red"] {
                let result = try await lastpull.run("events", "--filter", wrong)
                #expect(result.status == 64, "\(wrong): \(result.errors)")
            }
            await registry.stop()
        }

        // The client that operators have already, unmodified.
        @Test(.enabled(if: Command.find("docker") != nil, "needs the docker client on PATH"))
        func theDockerClientShowsThem() async throws {
            let docker = try #require(Command.find("docker"))
            try await lastpull.start(settings: CleaningSettings(url: registry.url).text)
            // By a command beside the daemon: it streams what that did.
            let run = try await lastpull.report("clean")
            #expect(run.items.count == 2)

            let host = lastpull.url.replacingOccurrences(of: "http://", with: "tcp://")
            let until = Int(Date.now.timeIntervalSince1970) + 2
            let result = try await Command.run(
                docker,
                [
                    "-H", host, "events", "--since", "\(began)", "--until", "\(until)",
                    "--filter", "event=prune",
                ]
            )

            #expect(result.status == 0, "\(result.errors)")
            let lines = result.output.split(separator: "\n")
            #expect(lines.count == 1)
            #expect(lines.first?.contains(" tag prune local (") == true, "\(result.output)")
            #expect(lines.first?.contains("run=\(run.run)") == true, "\(result.output)")
            #expect(lines.first?.contains("released=\(run.released)") == true, "\(result.output)")
            try await lastpull.terminate()
            await registry.stop()
        }
    }
}
