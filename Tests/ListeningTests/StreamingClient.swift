import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// A client that sends one request and shows what of the answer has come so far.
final class StreamingClient: Sendable {
    private let received: Received
    private let channel: any Channel

    /// Everything that came, head and chunk sizes included.
    var text: String { received.text.withLock { $0 } }

    /// Whether the server has ended the answer and closed the connection.
    var isClosed: Bool { !channel.isActive }

    init(
        port: Int,
        path: String,
        method: String = "GET",
        headers: [String: String] = [:],
        body: [UInt8] = []
    ) async throws {
        let received = Received()
        self.received = received
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { $0.pipeline.addHandler(Handler(received)) }
            .connect(host: "127.0.0.1", port: port).get()
        let fields = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
        let request = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n"
        try await channel.writeAndFlush(ByteBuffer(bytes: Array(request.utf8) + body)).get()
    }

    /// The lines of the answer that hold a JSON object.
    var events: [String] {
        text.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("{") }.map(String.init)
    }

    /// Sends one request and returns the whole answer, head included.
    ///
    /// For answers with 401, which Foundation's client does not give to its caller.
    static func answer(
        port: Int,
        path: String,
        method: String = "GET",
        headers: [String: String] = [:],
        body: [UInt8] = []
    ) async throws -> String {
        let own = ["Connection": "close", "Content-Length": "\(body.count)"]
        let client = try await StreamingClient(
            port: port,
            path: path,
            method: method,
            headers: headers.merging(own) { mine, _ in mine },
            body: body
        )
        try await eventually("the answer to \(method) \(path) is whole") { client.isClosed }
        return client.text
    }

    func leave() async throws { try await channel.close().get() }

    private final class Received: Sendable {
        let text = Mutex("")
    }

    private final class Handler: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let received: Received

        init(_ received: Received) { self.received = received }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let text = String(buffer: unwrapInboundIn(data))
            received.text.withLock { $0 += text }
        }
    }
}
