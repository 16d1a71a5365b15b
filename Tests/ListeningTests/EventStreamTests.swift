import Listening
import Publishing
import RegistryModel
import TestSupport
import Testing

struct EventStreamTests {
    private let outbox = MemoryOutbox()
    private let hub: EventHub

    init() {
        hub = EventHub(outbox: outbox.outbox, interval: .milliseconds(5), logger: .silent)
    }

    /// Runs a server with the routes of the hub.
    private func serve<Value: Sendable>(
        isPermitted: @escaping @Sendable (String?) -> Bool = { _ in true },
        body: @escaping @Sendable (TestServer) async throws -> Value
    ) async throws -> Value {
        let routes = EventRoutes(hub: hub, isPermitted: isPermitted, logger: .silent)
        return try await TestServer.run({ routes.add(to: $0) }, body: body)
    }

    private func get(_ path: String) async throws -> LoopbackHTTP.Answer {
        try await serve { try await LoopbackHTTP.get($0.url + path) }
    }

    @Test(arguments: ["/events", "/v1.47/events", "/v1.24/events"])
    func replaysWhatIsNotOlderThanSinceAndEnds(path: String) async throws {
        let times: [Int64] = [1_000_000, 2_000_000, 3_000_000, 4_000_000]
        for time in times { outbox.append(Samples.event(at: time)) }
        let answer = try await get("\(path)?since=2000&until=3000.999")
        #expect(answer.status == 200)
        #expect(answer["Content-Type"] == "application/json")
        let expected = [(2, 2_000_000), (3, 3_000_000)].map { id, time in
            DockerEvent(id: Int64(id), event: Samples.event(at: Int64(time))).json + "\n"
        }
        #expect(answer.text == expected.joined())
    }

    /// A client that comes back with the last time it saw, and one nanosecond, misses nothing.
    @Test func sinceIsReadToTheNanosecond() async throws {
        outbox.append(Samples.event("a", at: 5_000), Samples.event("b", at: 5_000))
        let answer = try await get("/events?since=5.000000002&until=9")
        #expect(answer.text.contains(#""Action":"b""#))
        #expect(!answer.text.contains(#""Action":"a""#))
    }

    @Test func withoutSinceOldEventsAreNotSent() async throws {
        outbox.append(Samples.event())
        #expect(try await get("/events?until=0s").text.isEmpty)
    }

    @Test func filtersApplyToTheReplay() async throws {
        outbox.append(Samples.event("plan"), Samples.event(), Samples.event(type: "tag"))
        let filters =
            "%7B%22event%22%3A%7B%22prune%22%3Atrue%7D%2C%22type%22%3A%7B%22tag%22%3Atrue%7D%7D"
        let text = try await get("/v1.47/events?filters=\(filters)&since=1&until=0s").text
        #expect(text == DockerEvent(id: 3, event: Samples.event(type: "tag")).json + "\n")
    }

    /// More than is read at once.
    @Test func aLongReplayIsComplete() async throws {
        for _ in 0..<1_000 { outbox.append(Samples.event()) }
        let text = try await get("/events?since=1&until=0s").text
        #expect(text.split(separator: "\n").count == 1_000)
    }

    @Test(arguments: [
        "since=yesterday", "until=x", "filters=%7B", "filters=%7B%22colour%22%3A%5B%22red%22%5D%7D",
    ])
    func aQuestionThatIsNotUnderstoodIsRefused(query: String) async throws {
        let answer = try await get("/events?\(query)")
        #expect(answer.status == 400)
        #expect(answer.text.hasPrefix(#"{"error":""#))
        #expect(answer.text.contains(#","message":""#))
    }

    /// By hand, the plus of an offset is seldom escaped.
    @Test func anOffsetMayHaveABarePlus() async throws {
        let query = "since=1970-01-01T01:00:00+01:00&until=1970-01-01T00:00:00%2B00:00"
        #expect(try await get("/events?\(query)").status == 200)
    }

    @Test func liveEventsComeAsTheyAreWritten() async throws {
        outbox.append(Samples.event("old"))
        try await serve { [outbox, hub] server in
            let client = try await StreamingClient(port: server.port, path: "/events")
            try await eventually("the head comes before any event") {
                client.text.contains("200 OK")
            }
            for count in 1...3 {
                outbox.append(Samples.event())
                await hub.wake()
                try await eventually("event \(count) comes") { client.events.count == count }
            }
            #expect(!client.text.contains("old"))
            try await client.leave()
        }
    }

    /// Nothing is written for it, so that only the connection's end can tell.
    @Test func aClientThatLeavesIsForgotten() async throws {
        try await serve { [hub] server in
            let client = try await StreamingClient(port: server.port, path: "/events")
            try await eventually("it is waited for") { await hub.waiting == 1 }
            try await client.leave()
            try await eventually("it is forgotten") { await hub.waiting == 0 }
        }
    }

    @Test func aShutdownEndsStreamsAtOnce() async throws {
        let took = try await serve { [hub] server in
            let client = try await StreamingClient(port: server.port, path: "/events")
            try await eventually("it is waited for") { await hub.waiting == 1 }
            let started = ContinuousClock.now
            await server.shutDown()
            try await eventually("the stream ends") { client.isClosed }
            // The mark of an answer that ended in order.
            #expect(client.text.hasSuffix("0\r\n\r\n"))
            return ContinuousClock.now - started
        }
        #expect(took < .seconds(5))
    }

    @Test func aLiveStreamEndsWhenUntilHasPassed() async throws {
        try await serve { [outbox] server in
            let path = "/events?until=-400ms"
            let client = try await StreamingClient(port: server.port, path: path)
            try await eventually("the stream began") { client.text.contains("200 OK") }
            outbox.append(Samples.event())
            try await eventually("the stream ends") { client.isClosed }
            #expect(client.events.count == 1)
            #expect(client.text.hasSuffix("0\r\n\r\n"))
        }
    }

    @Test func browsersGetServerSentEventsFromWhereTheyLeft() async throws {
        outbox.append(Samples.event("a"), Samples.event("b"))
        try await serve { [outbox] server in
            let client = try await StreamingClient(
                port: server.port,
                path: "/events",
                headers: ["Accept": "text/event-stream", "Last-Event-ID": "1"]
            )
            let second = DockerEvent(id: 2, event: Samples.event("b")).json
            try await eventually("the missed event comes") {
                client.text.contains("id: 2\nevent: b\ndata: \(second)\n\n")
            }
            #expect(client.text.lowercased().contains("content-type: text/event-stream"))
            outbox.append(Samples.event("c"))
            try await eventually("a new event comes") { client.text.contains("id: 3\nevent: c\n") }
            #expect(!client.text.contains("id: 1\n"))
            try await client.leave()
        }
    }

    @Test func withoutTheReadTokenOnlyPingAnswers() async throws {
        let tokens = AccessTokens(Secret("sesame"))
        try await serve {
            tokens.permit($0)
        } body: { server in
            for path in ["/events", "/v1.47/events", "/version", "/v1.47/version"] {
                let text = try await StreamingClient.answer(port: server.port, path: path)
                #expect(text.hasPrefix("HTTP/1.1 401 "))
                #expect(text.contains(#"WWW-Authenticate: Bearer realm="lastpull""#))
                #expect(text.contains(#""message":""#))
            }
            #expect(try await LoopbackHTTP.get(server.url + "/_ping").status == 200)
            let header = ["Authorization": "Bearer sesame"]
            let answer = try await LoopbackHTTP.get(server.url + "/version", headers: header)
            #expect(answer.status == 200)
        }
    }

    @Test(arguments: ["/_ping", "/v1.47/_ping"])
    func pingSaysWhichAPIThereIs(path: String) async throws {
        for method in ["GET", "HEAD"] {
            let answer = try await serve { try await LoopbackHTTP.send(method, $0.url + path) }
            #expect(answer.status == 200)
            #expect(answer["Api-Version"] == "1.47")
            #expect(answer["Docker-Experimental"] == "false")
            #expect(answer["Ostype"] == "linux")
            #expect(answer["Server"]?.hasPrefix("lastpull/") == true)
            #expect(answer.text == (method == "GET" ? "OK" : ""))
        }
    }

    @Test func aPathWithoutAnAPIVersionIsNotFound() async throws {
        #expect(try await get("/v1.x/events?until=0s").status == 404)
    }

    @Test func anOutboxThatFailsIsSaid() async throws {
        outbox.fail(true)
        #expect(try await get("/events").status == 503)
    }
}
