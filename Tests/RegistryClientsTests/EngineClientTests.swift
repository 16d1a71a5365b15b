import CurlTransport
import Foundation
import RegistryClients
import RegistryModel
import TestSupport
import Testing

struct EngineClientTests {
    private func client(_ engine: FakeEngine) throws -> EngineClient {
        EngineClient(
            name: "node",
            address: try #require(EngineAddress(url: engine.url)),
            transport: CurlTransport()
        )
    }

    private func withEngine(_ body: (FakeEngine, EngineClient) async throws -> Void) async throws {
        let engine = try await FakeEngine.start()
        do {
            try await body(engine, try client(engine))
        } catch {
            await engine.stop()
            throw error
        }
        await engine.stop()
    }

    // A version is agreed upon once; what is newer than we know is spoken to in ours.
    @Test(arguments: [
        ("1.24", "1.12", EngineAPIVersion(1, 24)), ("1.41", "1.24", EngineAPIVersion(1, 41)),
        ("1.99", "1.44", EngineAPIVersion(1, 51)),
    ])
    func speaksTheNewestVersionThatBothKnow(
        theirs: String,
        least: String,
        spoken: EngineAPIVersion
    ) async throws {
        try await withEngine { engine, client in
            let body = #"{"Version":"9","ApiVersion":"\#(theirs)","MinAPIVersion":"\#(least)"}"#
            await engine.answer("GET /version", (200, body))
            await engine.answer("GET /containers/json", (200, "[]"))
            let identity = try await client.identity()
            #expect(identity.api == spoken && !identity.isPodman)
            _ = try await client.containers()
            _ = try await client.containers()
            let asked = await engine.requests.filter { $0 == "GET /version" }
            #expect(asked.count == 1)
        }
    }

    @Test(arguments: [("1.18", "1.12"), ("1.60", "1.55"), ("", ""), ("x.y", "1.1")])
    func anEngineThatCanNotBeSpokenToIsRefused(theirs: String, least: String) async throws {
        try await withEngine { engine, client in
            let body = #"{"Version":"9","ApiVersion":"\#(theirs)","MinAPIVersion":"\#(least)"}"#
            await engine.answer("GET /version", (200, body))
            await #expect(throws: EngineError.self) { _ = try await client.identity() }
        }
    }

    @Test(arguments: [
        (400, "refused"), (401, "forbidden"), (403, "forbidden"), (404, "notFound"),
        (409, "conflict"), (500, "failed"), (501, "unsupported"), (503, "failed"),
    ])
    func everyRefusalHasItsKindAndTheEnginesWords(status: Int, kind: String) async throws {
        try await withEngine { engine, client in
            await engine.answer("DELETE /volumes/v", (status, #"{"message":"no\nway"}"#))
            let error = try await #require(throws: EngineError.self) {
                try await client.removeVolume("v")
            }
            #expect(error.kind.rawValue == kind)
            #expect(error.detail == "no way")
            #expect("\(error)".contains("v of engine node"))
        }
    }

    @Test func aPruneUnderWayIsToldFromWhatIsInUse() async throws {
        try await withEngine { engine, client in
            let body = #"{"message":"a prune operation is already running"}"#
            await engine.answer("POST /build/prune", (409, body))
            let error = try await #require(throws: EngineError.self) {
                _ = try await client.pruneBuildCache(filters: [:], all: false)
            }
            #expect(error.kind == .busy && error.isRetryable)
        }
    }

    // Lists may be null, keys may lack, and an entry without an id is none.
    @Test func oddAnswersAreNoFailure() async throws {
        try await withEngine { engine, client in
            await engine.answer("GET /images/json", (200, "null"))
            await engine.answer("GET /containers/json", (200, #"[{"Image":"a"},{"Id":"b"}]"#))
            await engine.answer("GET /volumes", (200, #"{"Volumes":null}"#))
            let images = try await client.images(all: true)
            let containers = try await client.containers()
            let volumes = try await client.unusedVolumes()
            #expect(images.isEmpty && volumes.isEmpty)
            #expect(containers.map(\.id) == ["b"])
            // Nothing is known of it, so it counts as running.
            #expect(containers.allSatisfy { !$0.isStopped })
        }
    }

    @Test func whatIsNoJSONIsABadAnswer() async throws {
        try await withEngine { engine, client in
            await engine.answer("GET /images/json", (200, "<html>"))
            let error = try await #require(throws: EngineError.self) {
                _ = try await client.images(all: true)
            }
            #expect(error.kind == .badAnswer)
        }
    }

    @Test func aSocketThatIsNotThereIsUnreachable() async throws {
        let folder = try TemporaryFolder()
        let client = EngineClient(
            name: "node",
            address: EngineAddress(socket: folder.file("none.sock")),
            transport: CurlTransport()
        )
        let error = try await #require(throws: EngineError.self) { _ = try await client.identity() }
        #expect(error.kind == .unreachable)
    }

    @Test func volumesWithoutANameAreToldByLabelOrName() {
        let hex = String(repeating: "0a", count: 32)
        func volume(_ name: String, _ labels: [String: String] = [:]) -> Bool {
            EngineVolume(name: name, created: nil, labels: labels, size: nil).isAnonymous
        }
        #expect(volume(hex))
        #expect(volume("short", ["com.docker.volume.anonymous": ""]))
        #expect(!volume("data") && !volume(hex.uppercased()) && !volume(String(hex.dropLast())))
    }
}
