import Hummingbird
import NIOCore
import RegistryModel

/// The events of one client, from its place in the outbox on.
struct EventStream: Sendable {
    let hub: EventHub
    let query: EventQuery
    let now: @Sendable () -> EventMoment
    /// The place of the last event that the client is not to get.
    let start: Int64
    /// The place of the newest event when the client came.
    let newest: Int64

    /// Writes events until `until` has passed, the hub is closed or the task cancelled.
    @concurrent
    func run(_ writer: inout any ResponseBodyWriter) async throws {
        var place = try await send(after: start, through: newest, to: &writer)
        while true {
            if let until = query.until, until <= now() {
                // What was written between the last look and the end belongs to the answer.
                _ = try await send(after: place, through: place, to: &writer)
                return
            }
            switch await hub.next(after: place, within: patience) {
            case .events(let last):
                place = try await send(after: place, through: last, to: &writer)
            case .timeout:
                if query.shape == .serverSent { try await writer.write(Self.heartbeat) }
            case .closed: return
            }
        }
    }

    /// How long to wait without writing anything.
    private var patience: Duration? {
        let rest = query.until.map { now().distance(to: $0) }
        guard query.shape == .serverSent else { return rest }
        return min(rest ?? Self.heartbeatInterval, Self.heartbeatInterval)
    }

    /// Writes what is behind `place`, and returns the place that was read up to, at least `last`.
    @concurrent
    private func send(
        after place: Int64,
        through last: Int64,
        to writer: inout any ResponseBodyWriter
    ) async throws -> Int64 {
        var place = place
        while true {
            let since = query.since?.timestamp
            let events = try await hub.outbox.events(place, since, Self.batch)
            var buffer = ByteBuffer()
            for event in events where query.wants(event) { write(event, to: &buffer) }
            if buffer.readableBytes > 0 { try await writer.write(buffer) }
            place = events.last?.id ?? place
            // Older ones than `since` are passed by without being seen.
            guard events.count == Self.batch else { return max(place, last) }
        }
    }

    private func write(_ event: DockerEvent, to buffer: inout ByteBuffer) {
        switch query.shape {
        case .lines: buffer.writeString(event.json + "\n")
        case .serverSent:
            let name = event.event.action.filter { !$0.isNewline }
            buffer.writeString("id: \(event.id)\nevent: \(name)\ndata: \(event.json)\n\n")
        }
    }

    private static let heartbeat = ByteBuffer(string: ":\n\n")

    /// Proxies cut connections that are silent for longer than 30 to 60 s.
    private static let heartbeatInterval = Duration.seconds(15)

    /// Read at once: few enough to keep in memory for every client.
    private static let batch = 256
}
