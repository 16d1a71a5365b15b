import HTTPTypes
package import Hummingbird
import NIOCore

/// Whether the process is alive, and whether it can do its work; for everyone, without a token.
package struct HealthRoutes: Sendable {
    private let isReady: @Sendable () async -> String?

    /// - Parameter isReady: Returns nil when the ledger takes deliveries, else what is wrong.
    package init(isReady: @escaping @Sendable () async -> String?) { self.isReady = isReady }

    /// Adds `/healthz` and `/readyz`.
    package func add<Context: RequestContext>(to router: Router<Context>) {
        router.get("/healthz") { _, _ in Self.ok }
        router.head("/healthz") { _, _ in Self.ok.createHeadResponse() }
        router.get("/readyz") { _, _ in try await readiness() }
        router.head("/readyz") { _, _ in try await readiness().createHeadResponse() }
    }

    private func readiness() async throws -> Response {
        if let problem = await isReady() { throw Refusal.unavailable(problem) }
        return Self.ok
    }

    private static var ok: Response {
        Response(
            status: .ok,
            headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: "ok\n"))
        )
    }
}
