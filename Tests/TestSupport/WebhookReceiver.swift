import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// A receiver of webhooks on loopback, that answers as it is told to.
///
/// It can be stopped and started again on its port. Everything it got stays.
package actor WebhookReceiver {
    /// One request, as it came.
    package struct Request: Sendable, Equatable {
        package var method: String
        package var path: String
        package var query: String?
        package var body: [UInt8]
        private let fields: [String: String]

        /// The value of a header field, whatever the case of its name.
        package subscript(_ field: String) -> String? { fields[field.lowercased()] }

        package var text: String { String(decoding: body, as: UTF8.self) }

        fileprivate init(_ request: Hummingbird.Request, _ body: ByteBuffer) {
            method = request.method.rawValue
            path = request.uri.path
            query = request.uri.query
            self.body = Array(buffer: body)
            fields = Dictionary(
                request.headers.map { ($0.name.canonicalName, $0.value) },
                uniquingKeysWith: { "\($0), \($1)" }
            )
        }
    }

    /// How a request is answered.
    package struct Reply: Sendable {
        package var status: Int
        package var headers: [String: String]
        /// How long it takes; the client may be gone by then.
        package var delay: Duration

        package init(_ status: Int, headers: [String: String] = [:], delay: Duration = .zero) {
            self.status = status
            self.headers = headers
            self.delay = delay
        }
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    package nonisolated let url: String
    /// All that came, in order; a request that is not answered yet is among them.
    package private(set) var requests: [Request] = []

    private let port: Int
    private var reply: @Sendable (Request, _ number: Int) -> Reply = { _, _ in Reply(204) }
    private var server: Task<Void, any Error>?

    /// Starts a receiver on a free port, which takes everything.
    package static func start() async throws -> WebhookReceiver {
        let receiver = WebhookReceiver(port: try LoopbackPort.free())
        try await receiver.start()
        return receiver
    }

    private init(port: Int) {
        self.port = port
        url = "http://127.0.0.1:\(port)"
    }

    /// Answers from now on by what came, and how many requests came before it.
    package func answer(_ reply: @escaping @Sendable (Request, _ number: Int) -> Reply) {
        self.reply = reply
    }

    package func answer(_ status: Int) { reply = { _, _ in Reply(status) } }

    package func start() async throws {
        let (running, signal) = AsyncStream<Void>.makeStream()
        let responder = CallbackResponder<BasicRequestContext> { [weak self] request, _ in
            let body = try await request.body.collect(upTo: 1 << 24)
            guard let self else { return Response(status: .serviceUnavailable) }
            return try await self.respond(to: Request(request, body))
        }
        let application = Application(
            responder: responder,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { _ in signal.yield() },
            logger: Logger(label: "webhook-receiver") { _ in SwiftLogNoOpLogHandler() }
        )
        let server = Task {
            defer { signal.finish() }
            try await application.run()
        }
        self.server = server
        for await _ in running { return }
        try await server.value
        throw HarnessError("the webhook receiver did not start on \(port)")
    }

    /// Closes the port and every connection.
    package func stop() async {
        server?.cancel()
        _ = await server?.result
        server = nil
    }

    private func respond(to request: Request) async throws -> Response {
        let reply = reply(request, requests.count)
        requests.append(request)
        if reply.delay > .zero { try await Task.sleep(for: reply.delay) }
        var headers: HTTPFields = [:]
        for (name, value) in reply.headers {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return Response(status: .init(code: reply.status), headers: headers)
    }
}

/// Signatures of the Standard Webhooks specification, checked by a program that shares nothing with
/// the one that makes them.
package enum StandardWebhooks {
    package static var canVerify: Bool { python != nil }

    /// Whether one of the request's signatures is made with `secret`, and how old it is.
    package static func verify(
        _ request: WebhookReceiver.Request,
        secret: String
    ) async throws -> Bool {
        guard let python else { throw HarnessError("no python3 on PATH; install it") }
        let folder = try TemporaryFolder()
        let result = try await Command.run(
            python,
            [
                "-c", script, secret, request["webhook-id"] ?? "",
                request["webhook-timestamp"] ?? "", request["webhook-signature"] ?? "",
                try folder.write(request.body, to: "body"),
            ]
        )
        guard result.status == 0 else { throw HarnessError("python3: \(result.errors)") }
        return result.output == "yes\n"
    }

    private static var python: String? { Command.find("python3") }

    private static let script = """
        import base64, hashlib, hmac, sys, time
        secret, name, stamp, signatures, path = sys.argv[1:]
        prefix = "whsec_"
        is_encoded = secret.startswith(prefix)
        key = base64.b64decode(secret[len(prefix):]) if is_encoded else secret.encode()
        with open(path, "rb") as file:
            signed = b"%s.%s.%s" % (name.encode(), stamp.encode(), file.read())
        code = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        is_signed = any(hmac.compare_digest(s, "v1," + code) for s in signatures.split(" "))
        is_fresh = abs(time.time() - int(stamp)) < 300
        print("yes" if is_signed and is_fresh and name else "no")
        """
}
