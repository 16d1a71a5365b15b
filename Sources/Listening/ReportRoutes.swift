package import Foundation
import HTTPTypes
package import Hummingbird
import NIOCore

/// What the daemon answers about itself, as JSON (design, section 6.3).
package struct ReportRoutes: Sendable {
    private let isPermitted: @Sendable (_ authorization: String?) -> Bool
    private let sources: @Sendable () async throws -> Data

    /// `isPermitted` tells whether a request with this `Authorization` field may read.
    package init(
        isPermitted: @escaping @Sendable (_ authorization: String?) -> Bool,
        sources: @escaping @Sendable () async throws -> Data
    ) {
        self.isPermitted = isPermitted
        self.sources = sources
    }

    /// Adds `/api/v1/sources`.
    package func add<Context: RequestContext>(to router: Router<Context>) {
        router.get("/api/v1/sources") { request, _ in
            guard isPermitted(request.headers[.authorization]) else {
                throw Refusal.noToken(request.uri.path)
            }
            return Response(
                status: .ok,
                headers: [.contentType: "application/json", .cacheControl: "no-store"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: try await sources()))
            )
        }
    }
}
