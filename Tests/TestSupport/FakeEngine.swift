import Hummingbird
import Logging
import NIOCore

/// What speaks like a Docker Engine on loopback, with answers that a test writes: for what a real
/// one says too seldom.
package actor FakeEngine {
    /// `http://127.0.0.1:PORT`.
    package nonisolated let url: String
    /// Requests as `METHOD PATH`, without the version and the query.
    package private(set) var requests: [String] = []
    /// The queries of the same requests.
    package private(set) var queries: [String] = []

    /// Answers of a path, one after the other; the last of them again and again.
    private var answers: [String: [(status: Int, body: String)]] = [
        "GET /version": [
            (200, #"{"Version":"1","ApiVersion":"1.41","MinAPIVersion":"1.12"}"#)
        ]
    ]
    private var server: Task<Void, any Error>?

    /// Starts one on a free port, and returns it when it listens.
    package static func start() async throws -> FakeEngine {
        let port = try LoopbackPort.free()
        let engine = FakeEngine(port: port)
        try await engine.listen(port)
        return engine
    }

    private init(port: Int) { url = "http://127.0.0.1:\(port)" }

    /// Answers `call`, such as `GET /images/json`.
    package func answer(_ call: String, _ answers: (status: Int, body: String)...) {
        self.answers[call] = answers
    }

    package func stop() async {
        server?.cancel()
        _ = await server?.result
        server = nil
    }

    private func respond(_ method: String, _ path: String, _ query: String) -> Response {
        let parts = path.split(separator: "/", maxSplits: 1).map(String.init)
        let isVersioned = parts.first.map { $0.hasPrefix("v1.") } ?? false
        let call = "\(method) " + (isVersioned && parts.count > 1 ? "/\(parts[1])" : path)
        requests.append(call)
        queries.append(query)
        guard let planned = answers[call], let next = planned.first else {
            return Response(
                status: .notFound,
                body: .init(byteBuffer: ByteBuffer(string: #"{"message":"no such thing"}"#))
            )
        }
        if planned.count > 1 { answers[call] = Array(planned.dropFirst()) }
        return Response(
            status: .init(code: next.status),
            body: .init(byteBuffer: ByteBuffer(string: next.body))
        )
    }

    private func listen(_ port: Int) async throws {
        let (running, signal) = AsyncStream<Void>.makeStream()
        let responder = CallbackResponder<FakeContext> { [weak self] request, _ in
            guard let self else { return Response(status: .serviceUnavailable) }
            return await self.respond(
                request.method.rawValue,
                request.uri.path,
                request.uri.query ?? ""
            )
        }
        let application = Application(
            responder: responder,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { _ in signal.yield() },
            logger: Logger(label: "fake-engine") { _ in SwiftLogNoOpLogHandler() }
        )
        let server = Task {
            defer { signal.finish() }
            try await application.run()
        }
        self.server = server
        for await _ in running { return }
        try await server.value
        throw HarnessError("the fake engine did not start at \(url)")
    }
}
