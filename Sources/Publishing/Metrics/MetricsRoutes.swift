import HTTPTypes
package import Hummingbird
package import Logging
import NIOCore

/// `GET /metrics`, for Prometheus (design, section 6.3).
package struct MetricsRoutes: Sendable {
    private let isPermitted: @Sendable (_ authorization: String?) -> Bool
    private let families: @Sendable () async throws -> [MetricFamily]
    private let logger: Logger

    /// `isPermitted` tells whether a request with this `Authorization` field may read.
    package init(
        isPermitted: @escaping @Sendable (_ authorization: String?) -> Bool,
        logger: Logger,
        families: @escaping @Sendable () async throws -> [MetricFamily]
    ) {
        self.isPermitted = isPermitted
        self.logger = logger
        self.families = families
    }

    package func add<Context: RequestContext>(to router: Router<Context>) {
        router.get("/metrics") { request, _ in
            guard isPermitted(request.headers[.authorization]) else {
                throw EventRefusal(
                    status: .unauthorized,
                    reason: "\(request.uri.path) needs a valid token: "
                        + "send it as Authorization: Bearer TOKEN"
                )
            }
            let text = MetricFamily.text(try await read())
            return Response(
                status: .ok,
                headers: [
                    .contentType: "text/plain; version=0.0.4; charset=utf-8",
                    .cacheControl: "no-store",
                ],
                body: ResponseBody(byteBuffer: ByteBuffer(string: text))
            )
        }
    }

    /// No numbers are better than wrong ones: a scrape that fails is seen.
    private func read() async throws(EventRefusal) -> [MetricFamily] {
        do {
            return try await families()
        } catch {
            logger.error("metrics can't be read", metadata: ["error.reason": "\(error)"])
            throw EventRefusal(
                status: .serviceUnavailable,
                reason: "metrics can't be read from the ledger: try again"
            )
        }
    }
}
