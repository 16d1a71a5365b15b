import Publishing
import RegistryModel
import TestSupport
import Testing

/// Docker's own client, as operators have it installed.
@Suite(.enabled(if: Command.find("docker") != nil, "no docker client on PATH"))
struct DockerClientTests {
    private let outbox = MemoryOutbox()
    private let hub: EventHub

    init() {
        hub = EventHub(outbox: outbox.outbox, interval: .milliseconds(5), logger: .silent)
    }

    private func serve(_ body: @escaping @Sendable (TestServer) async throws -> Void) async throws {
        let routes = EventRoutes(hub: hub, logger: .silent)
        try await TestServer.run({ routes.add(to: $0) }, body: body)
    }

    private func recent(_ action: String) -> PruneEvent {
        Samples.event(action, at: EventMoment.now.timestamp.milliseconds - 60_000)
    }

    @Test func showsPastPruneEvents() async throws {
        outbox.append(recent("plan"), recent("prune"), Samples.event())
        let docker = try #require(Command.find("docker"))
        try await serve { server in
            let result = try await Command.run(
                docker,
                [
                    "-H", "tcp://127.0.0.1:\(server.port)", "events", "--since", "1h",
                    "--until", "0s", "--filter", "event=prune",
                ]
            )
            #expect(result.status == 0, "\(result.errors)")
            let lines = result.output.split(separator: "\n")
            #expect(lines.count == 1)
            let shown = " blob prune local (reclaimed=15728640, registry=local)"
            #expect(lines.first?.hasSuffix(shown) == true, "\(result.output)")
        }
    }

    @Test func followsLiveEvents() async throws {
        let folder = try TemporaryFolder()
        let docker = try #require(Command.find("docker"))
        try await serve { [hub, outbox] server in
            let client = try ChildProcess(
                docker,
                [
                    "-H", "tcp://127.0.0.1:\(server.port)", "events", "--format", "{{json .}}",
                    "--filter", "type=tag",
                ],
                output: folder.file("output"),
                errors: folder.file("errors")
            )
            try await eventually("the client listens") {
                try client.checkIsRunning()
                return await hub.waiting == 1
            }
            outbox.append(Samples.event(type: "blob"), Samples.event(type: "tag"))
            try await eventually("the client shows the event") {
                folder.text(of: "output").contains(#""Type":"tag""#)
            }
            #expect(folder.text(of: "output").contains(#""timeNano":1595679129268000002"#))
            #expect(!folder.text(of: "output").contains(#""Type":"blob""#))
            try await client.terminate()
            try await eventually("the client is forgotten") { await hub.waiting == 0 }
        }
    }

    @Test func saysWhatIsWrongInItsOwnWords() async throws {
        let docker = try #require(Command.find("docker"))
        try await serve { server in
            let host = "tcp://127.0.0.1:\(server.port)"
            let result = try await Command.run(
                docker,
                ["-H", host, "events", "--until", "0s", "--filter", "colour=red"]
            )
            #expect(result.status != 0)
            #expect(result.errors.contains("invalid filter 'colour'"), "\(result.errors)")
        }
    }

    @Test func readsTheVersion() async throws {
        let docker = try #require(Command.find("docker"))
        try await serve { server in
            let host = "tcp://127.0.0.1:\(server.port)"
            let result = try await Command.run(
                docker,
                ["-H", host, "version", "--format", "{{.Server.APIVersion}}"]
            )
            #expect(result.output == "1.47\n", "\(result.errors)")
        }
    }
}
