import Foundation
import RegistryClients
import RegistryModel
import Testing

struct EngineEventTests {
    private static func sample(_ name: String) throws -> [UInt8] {
        let top = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return Array(try Data(contentsOf: top.appending(path: "fixtures/engine/\(name)")))
    }

    private static func events(_ name: String, pieces: Int) throws -> [EngineEvent] {
        var framing = EngineEventFraming()
        let bytes = try sample(name)
        var objects: [[UInt8]] = []
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            objects += try framing.take(Array(bytes[start..<min(start + pieces, bytes.count)]))
        }
        objects += try framing.take([UInt8(ascii: "\n")])
        return objects.compactMap { EngineEvent(json: $0) }
    }

    // The older form has more keys, the newest a mark before each record; all say the same.
    @Test(arguments: ["docker-events-api152.jsonl", "docker-events-legacy.jsonl"], [1, 7, 4_096])
    func readsEveryFormOfDockers(name: String, pieces: Int) throws {
        let events = try Self.events(name, pieces: pieces)
        #expect(
            events.map { "\($0.type) \($0.action)" } == [
                "image pull", "image tag", "image untag", "image delete", "image prune",
                "network prune", "volume prune", "container prune", "builder prune",
            ]
        )
        #expect(events[0].actor == "registry.example.test/team/api:1.4.2")
        #expect(events[0].nanoseconds == 1_772_600_767_123_456_789)
        #expect(events[0].time == Timestamp(milliseconds: 1_772_600_767_123))
        #expect(events[4].attributes["reclaimed"] == "123456789")
    }

    @Test func readsRecordsOfAJSONSequence() throws {
        let events = try Self.events("docker-events.json-seq", pieces: 5)
        #expect(events.map(\.action) == ["pull", "tag"])
    }

    @Test func readsPodmans() throws {
        let events = try Self.events("podman-compat-events.jsonl", pieces: 100)
        #expect(events.map(\.action) == ["pull", "delete"])
        #expect(events.allSatisfy { $0.actor.hasPrefix("82dafdb9aad7") })
    }

    @Test(arguments: ["", "{}", "[]", "null", #"{"Type":"image"}"#, "\u{1E}", "nonsense"])
    func whatIsNoEventIsNone(text: String) {
        #expect(EngineEvent(json: Array(text.utf8)) == nil)
    }

    // Memory stays bounded whatever a sender sends.
    @Test func anEventWithoutAnEndIsGivenUp() throws {
        var framing = EngineEventFraming()
        #expect(throws: EngineError.self) {
            for _ in 0..<100 { _ = try framing.take(Array(repeating: 65, count: 100_000)) }
        }
    }

    @Test func whatFollowsAColonIsNoPartOfTheAction() {
        let text = #"{"Type":"container","Action":"exec_start: /bin/sh","time":1}"#
        #expect(EngineEvent(json: Array(text.utf8))?.action == "exec_start")
    }
}
