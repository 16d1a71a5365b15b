import CurlTransport
import Foundation
package import RegistryModel

/// Something that happened in an engine (`GET /events`).
package struct EngineEvent: Sendable, Equatable {
    /// `image`, `container`, `volume`, `network`, `builder` and more.
    package var type: String
    /// Such as `pull`, `tag`, `create`, `start`; without what follows a colon, as in `exec_start: ls`.
    package var action: String
    /// The id, or for a pull the name as it was given.
    package var actor: String
    /// Labels of the image or container, and over them the engine's own, such as `name` and `image`.
    package var attributes: [String: String]
    package var time: Timestamp
    /// Nanoseconds since 1970, for asking what came after it.
    package var nanoseconds: Int64

    package init(
        type: String,
        action: String,
        actor: String,
        attributes: [String: String] = [:],
        time: Timestamp,
        nanoseconds: Int64
    ) {
        self.type = type
        self.action = action
        self.actor = actor
        self.attributes = attributes
        self.time = time
        self.nanoseconds = nanoseconds
    }

    /// Parses one object of the stream, or returns nil when it is none.
    ///
    /// Understands the older form with `status`, `id` and `from` beside the rest, and Podman's.
    package init?(json: some Sequence<UInt8>) {
        let data = Data(json)
        guard let wire = try? JSONDecoder().decode(EventWire.self, from: data),
            let type = wire.kind, let action = wire.action ?? wire.status
        else { return nil }
        guard let nanoseconds = wire.nanoseconds else { return nil }
        self.init(
            type: type,
            action: String(action.prefix { $0 != ":" }),
            actor: wire.actor?.id ?? wire.id ?? "",
            attributes: wire.actor?.attributes ?? [:],
            time: Timestamp(milliseconds: nanoseconds / 1_000_000),
            nanoseconds: nanoseconds
        )
    }
}

/// Cuts a stream of JSON objects into single ones: a line each, or RFC 7464 records.
package struct EngineEventFraming: Sendable {
    private var pending: [UInt8] = []

    package init() {}

    /// Takes the next bytes, and returns the objects that are whole by now.
    ///
    /// - Throws: `EngineError.badAnswer` for an object without an end.
    package mutating func take(_ bytes: [UInt8]) throws(EngineError) -> [[UInt8]] {
        var objects: [[UInt8]] = []
        for byte in bytes {
            if byte == Self.lineFeed || byte == Self.recordSeparator {
                if !pending.isEmpty { objects.append(pending) }
                pending = []
            } else if byte != Self.carriageReturn {
                pending.append(byte)
            }
        }
        guard pending.count <= Self.longestObject else {
            throw EngineError(
                operation: "read the events",
                subject: "an engine",
                kind: .badAnswer,
                detail: "an event is longer than \(Self.longestObject) bytes"
            )
        }
        return objects
    }

    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let recordSeparator: UInt8 = 0x1E

    /// Bytes; an image's labels are part of its events.
    private static let longestObject = 1 << 20
}

extension EngineClient {
    /// What happens in the engine from `since` on, without end.
    ///
    /// The engine replays at most its last 256 events, and drops what a slow reader does not take
    /// within 100 ms without saying so. An object that is no event is `nil`; the stream ends with an
    /// error when the connection breaks. `since` is nanoseconds since 1970, nil for what happens
    /// from now on; `types` are such as `image` and `container`, empty for all.
    package func events(
        since: Int64?,
        types: [String]
    ) async throws(EngineError) -> AsyncThrowingStream<EngineEvent?, any Error> {
        let call = call("hear the events")
        var query: [(String, String)] = []
        if let since { query.append(("since", Self.seconds(since))) }
        if !types.isEmpty { query.append(("filters", Self.filterText(["type": types]))) }
        var request = try await request("GET", "/events", query)
        request.timeout = .zero
        let answer: HTTPStream
        do throws(TransportError) {
            answer = try await transport.open(request)
        } catch {
            memory.identity = nil
            throw unreachable(call.error(for: error))
        }
        guard answer.status == 200 else {
            let text = try? await answer.text(limit: 4_096)
            throw call.error(
                status: answer.status,
                saying: Self.message(in: Array((text ?? "").utf8))
            )
        }
        return Self.events(in: answer, call, memory)
    }

    /// What happened between two moments, in nanoseconds since 1970, as far as the engine remembers.
    ///
    /// Both are by the engine's clock: for an end that is still to come there it waits.
    package func pastEvents(
        since: Int64,
        until: Int64
    ) async throws(EngineError) -> [EngineEvent] {
        let call = call("read the past events")
        let query = [("since", Self.seconds(since)), ("until", Self.seconds(until))]
        var request = try await request("GET", "/events", query)
        request.timeout = .minutes(1)
        let response = try await exchange(request, for: call)
        var framing = EngineEventFraming()
        let lines = try framing.take(response.body + [UInt8(ascii: "\n")])
        return lines.compactMap { EngineEvent(json: $0) }
    }

    private static func events(
        in answer: HTTPStream,
        _ call: EngineCall,
        _ memory: VersionMemory
    ) -> AsyncThrowingStream<EngineEvent?, any Error> {
        let (events, continuation) = AsyncThrowingStream<EngineEvent?, any Error>.makeStream(
            bufferingPolicy: .bufferingOldest(mostWaiting)
        )
        let reading = Task {
            var framing = EngineEventFraming()
            do {
                for try await bytes in answer.body {
                    for object in try framing.take(bytes) {
                        if case .dropped = continuation.yield(EngineEvent(json: object)) {
                            throw call.error(.badAnswer, "nobody takes them fast enough")
                        }
                    }
                }
                continuation.finish(throwing: call.error(.unreachable, "it ended the stream"))
            } catch let error as TransportError {
                continuation.finish(throwing: call.error(for: error))
            } catch {
                continuation.finish(throwing: error)
            }
            memory.identity = nil
        }
        continuation.onTermination = { _ in reading.cancel() }
        return events
    }

    /// Events; whoever is further behind has to ask again, and knows it.
    private static let mostWaiting = 10_000

    /// Seconds with nine decimals, as `since` wants them.
    static func seconds(_ nanoseconds: Int64) -> String {
        let rest = String(nanoseconds % 1_000_000_000)
        let zeros = String(repeating: "0", count: max(0, 9 - rest.count))
        return "\(nanoseconds / 1_000_000_000).\(zeros)\(rest)"
    }
}

private struct EventWire: Decodable {
    struct Actor: Decodable {
        let id: String?
        let attributes: [String: String]?

        private enum CodingKeys: String, CodingKey {
            case id = "ID"
            case attributes = "Attributes"
        }
    }

    let kind: String?
    let action: String?
    let actor: Actor?
    let status: String?
    let id: String?
    let time: Int64?
    let timeNano: Int64?

    var nanoseconds: Int64? {
        if let timeNano { return timeNano }
        guard let time else { return nil }
        let (product, overflowed) = time.multipliedReportingOverflow(by: 1_000_000_000)
        return overflowed ? nil : product
    }

    private enum CodingKeys: String, CodingKey {
        case kind = "Type"
        case action = "Action"
        case actor = "Actor"
        case status, id, time, timeNano
    }
}
