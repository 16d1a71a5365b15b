import Foundation
import HTTPTypes
package import Hummingbird
package import Logging
import RegistryModel
import ServiceLifecycle

/// The part of Docker's API that clients need to follow events (design, sections 5.10 and 6.3).
package struct EventRoutes: Sendable {
    private let hub: EventHub
    private let isPermitted: @Sendable (_ authorization: String?) -> Bool
    private let now: @Sendable () -> EventMoment
    private let logger: Logger

    /// `isPermitted` tells whether a request with this `Authorization` field may read.
    package init(
        hub: EventHub,
        isPermitted: @escaping @Sendable (_ authorization: String?) -> Bool = { _ in true },
        now: @escaping @Sendable () -> EventMoment = { .now },
        logger: Logger
    ) {
        self.hub = hub
        self.isPermitted = isPermitted
        self.now = now
        self.logger = logger
    }

    /// Adds `/events`, `/version` and `/_ping`, each also below `/v1.NN`.
    package func add<Context: RequestContext>(to router: Router<Context>) {
        for prefix in ["", "/v1.{minor}"] {
            router.get(RouterPath("\(prefix)/events")) { request, context in
                try check(request, minor: context.parameters.get("minor"))
                return try await stream(request)
            }
            router.get(RouterPath("\(prefix)/version")) { request, context in
                try check(request, minor: context.parameters.get("minor"))
                return EngineIdentity.version
            }
            // Without a token, as clients ask this before they know what they talk to.
            router.get(RouterPath("\(prefix)/_ping")) { _, _ in EngineIdentity.ping }
            router.head(RouterPath("\(prefix)/_ping")) { _, _ in EngineIdentity.headPing }
        }
    }

    private func check(_ request: Request, minor: String?) throws(EventRefusal) {
        guard isPermitted(request.headers[.authorization]) else {
            throw EventRefusal(
                status: .unauthorized,
                reason: "\(request.uri.path) needs a valid token: "
                    + "send it as Authorization: Bearer TOKEN"
            )
        }
        if let minor, Int(minor) == nil {
            throw EventRefusal(
                status: .notFound,
                reason: "\(request.uri.path) has no API version: use \(EngineIdentity.apiVersion)"
            )
        }
    }

    private func stream(_ request: Request) async throws -> Response {
        let query = try EventQuery(request, now: now())
        let stream = try await stream(query)
        let body = ResponseBody { writer in
            try await withGracefulShutdownHandler {
                // A client that leaves cancels the stream at once.
                try await request.body.consumeWithCancellationOnInboundClose { _ in
                    do {
                        try await stream.run(&writer)
                    } catch  where !Task.isCancelled {
                        let metadata: Logger.Metadata = ["error.reason": "\(error)"]
                        logger.warning("event stream broke", metadata: metadata)
                        throw error
                    }
                }
            } onGracefulShutdown: {
                Task { await hub.close() }
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: Self.headers(query.shape), body: body)
    }

    /// Finds the place to begin at, before the answer starts, so that nothing is missed after it.
    private func stream(_ query: EventQuery) async throws -> EventStream {
        let newest: Int64
        do {
            newest = try await hub.outbox.last()
        } catch {
            logger.error("events can't be read", metadata: ["error.reason": "\(error)"])
            throw EventRefusal(
                status: .serviceUnavailable,
                reason: "events can't be read from the ledger: try again"
            )
        }
        let start = query.lastEventID ?? (query.since == nil ? newest : 0)
        return EventStream(
            hub: hub,
            query: query,
            now: now,
            start: min(start, newest),
            newest: newest
        )
    }

    private static func headers(_ shape: EventQuery.Shape) -> HTTPFields {
        // The connection ends with the stream, as the client's side of it was used to see it leave.
        var headers: HTTPFields = [.connection: "close", .cacheControl: "no-cache"]
        switch shape {
        case .lines: headers[.contentType] = "application/json"
        case .serverSent:
            headers[.contentType] = "text/event-stream"
            // nginx would hold events back.
            if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
        }
        return headers
    }
}

extension EventMoment {
    /// The system's time.
    package static var now: EventMoment {
        EventMoment(nanoseconds: Int64(Date().timeIntervalSince1970 * 1_000_000_000))
    }
}
