import Listening
import TestSupport
import Testing

struct HealthTests {
    private func get(_ path: String, problem: String?) async throws -> LoopbackHTTP.Answer {
        try await TestServer.run {
            HealthRoutes { problem }.add(to: $0)
        } body: { server in
            let head = try await LoopbackHTTP.send("HEAD", server.url + path)
            let answer = try await LoopbackHTTP.get(server.url + path)
            #expect(head.status == answer.status)
            #expect(head.body.isEmpty)
            return answer
        }
    }

    @Test(arguments: ["/healthz", "/readyz"])
    func itIsWellWhenNothingIsWrong(path: String) async throws {
        let answer = try await get(path, problem: nil)
        #expect(answer.status == 200)
        #expect(answer.text == "ok\n")
    }

    @Test func aLedgerThatCannotBeWrittenIsAliveButNotReady() async throws {
        #expect(try await get("/healthz", problem: "disk is full").status == 200)
        let answer = try await get("/readyz", problem: "disk is full")
        #expect(answer.status == 503)
        #expect(answer.text == #"{"error":"disk is full"}"#)
    }
}
