import Foundation
import Hummingbird
import Logging
import NIOCore

/// A registry in memory that listens on loopback, and fails when it is told to.
///
/// It speaks the OCI distribution API as distribution 2.8 or 3 does, so far as clients can tell.
/// Everything it holds goes with `stop()`.
package actor FakeRegistry {
    package enum Mode: Sendable {
        /// A DELETE by tag is 400, one by digest takes all its tags along, `tags/list` is one page.
        case distribution28
        /// A DELETE by tag is 202, and lists come in pages.
        case distribution3
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    package nonisolated let url: String
    /// `127.0.0.1:PORT`, as image references begin.
    package nonisolated let host: String
    package nonisolated let mode: Mode

    /// Off, deletes are answered 405.
    package var deletesEnabled = true
    package var authentication = Authentication.none
    /// More names of the catalog at once are refused.
    package var catalogLimit = 1_000
    /// More tags at once are not given.
    package var tagLimit = 1_000
    /// How `Link` names the next page, and `Location` an upload.
    package var links = LinkForm.path
    /// Whether a manifest is taken only when all that it refers to is there.
    package var verifiesReferences = true
    /// Off, `requests` stays empty, which benches with millions of them want.
    package var recordsRequests = true
    package internal(set) var requests: [RecordedRequest] = []

    var store = Store()
    var faults: [PlannedFault] = []
    var tokens: Set<String> = []
    package internal(set) var tokenCount = 0
    /// Seconds that a token server says its tokens live.
    package var tokenLifetime = 300
    var uploads: [String: ByteBuffer] = [:]
    var notifier: Notifier?
    /// The name of this registry process in its events.
    package var instance = UUID().uuidString.lowercased()

    private var server: Task<Void, any Error>?

    /// Starts a registry on a free port, and returns it when it listens.
    package static func start(mode: Mode = .distribution3) async throws -> FakeRegistry {
        let port = try LoopbackPort.free()
        let registry = FakeRegistry(mode: mode, port: port)
        try await registry.listen(port)
        return registry
    }

    private init(mode: Mode, port: Int) {
        self.mode = mode
        host = "127.0.0.1:\(port)"
        url = "http://\(host)"
    }

    /// Changes the settings above, which a caller outside can't set one by one.
    package func set(_ change: @Sendable (isolated FakeRegistry) -> Void) { change(self) }

    /// Closes the port and every connection; events that are not delivered are lost.
    package func stop() async {
        notifier?.stop()
        server?.cancel()
        _ = await server?.result
        server = nil
    }

    private func listen(_ port: Int) async throws {
        let (running, signal) = AsyncStream<Void>.makeStream()
        let responder = CallbackResponder<FakeContext> { [weak self] request, context in
            guard let self else { return Response(status: .serviceUnavailable) }
            return try await self.respond(to: request, context)
        }
        let application = Application(
            responder: responder,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { _ in signal.yield() },
            logger: Logger(label: "fake-registry") { _ in SwiftLogNoOpLogHandler() }
        )
        let server = Task {
            defer { signal.finish() }
            try await application.run()
        }
        self.server = server
        for await _ in running { return }
        try await server.value
        throw HarnessError("the fake registry did not start on \(host)")
    }
}

extension FakeRegistry {
    /// What a client sent.
    package struct RecordedRequest: Sendable, Equatable {
        package var method: String
        package var path: String
        package var query: String?
        package var userAgent: String?
        package var authorization: String?
    }

    /// How clients have to say who they are.
    package enum Authentication: Sendable {
        case none
        case basic(user: String, password: String)
        /// Tokens from `realm`, or from `/token` of this registry; without a user, for anybody.
        case bearer(user: String?, password: String?, realm: String?)
    }
}

/// Keeps the connection, to know the client's address and to be able to drop it.
struct FakeContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}
