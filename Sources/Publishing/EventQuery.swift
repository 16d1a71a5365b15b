import Foundation
import HTTPTypes
import Hummingbird

/// What one client asked for.
struct EventQuery: Sendable, Equatable {
    /// How events are written (design, section 6.3).
    enum Shape: Sendable {
        /// One JSON object per line, as Docker sends them.
        case lines
        /// `text/event-stream`, as browsers read it.
        case serverSent
    }

    var since: EventMoment?
    var until: EventMoment?
    var filter: EventFilter
    var shape: Shape
    /// The place of the last event that a browser got before its connection broke.
    var lastEventID: Int64?

    init(_ request: Request, now: EventMoment) throws(EventRefusal) {
        let fields = Self.fields(of: request.uri.query ?? "")
        since = try Self.moment("since", fields, now)
        until = try Self.moment("until", fields, now)
        filter = try EventFilter(fields["filters"] ?? "")
        let isForBrowser = request.headers[.accept]?.contains("text/event-stream") ?? false
        shape = isForBrowser ? .serverSent : .lines
        lastEventID = Self.lastEventIDField.flatMap { request.headers[$0] }.flatMap { Int64($0) }
    }

    func wants(_ event: DockerEvent) -> Bool {
        if let since, event.moment < since { return false }
        if let until, event.moment > until { return false }
        return filter.matches(event.event)
    }

    private static func moment(
        _ key: String,
        _ fields: [String: String],
        _ now: EventMoment
    ) throws(EventRefusal) -> EventMoment? {
        guard let field = fields[key], !field.isEmpty else { return nil }
        // Written by hand, the plus of an offset is seldom escaped.
        let text = field.replacing(" ", with: "+")
        guard let moment = EventMoment(text, now: now) else {
            throw .badRequest(
                "invalid value for \"\(key)\": \"\(field)\" is neither seconds since 1970, "
                    + "nor an RFC 3339 time, nor a duration such as 10m"
            )
        }
        return moment
    }

    /// The fields of a query as Go and browsers write it, where a plus is a space.
    private static func fields(of query: String) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? String(parts[1].replacing("+", with: " ")) : ""
            fields[String(parts[0])] = value.removingPercentEncoding ?? value
        }
        return fields
    }

    private static let lastEventIDField = HTTPField.Name("Last-Event-ID")
}
