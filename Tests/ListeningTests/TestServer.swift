import Hummingbird
import Listening
import Logging
import NIOCore
import ServiceLifecycle
import TestSupport

/// Routes on a free port of loopback, for as long as a test runs.
struct TestServer: Sendable {
    let port: Int
    private let group: ServiceGroup

    var url: String { "http://127.0.0.1:\(port)" }

    /// What SIGTERM does to the daemon.
    func shutDown() async { await group.triggerGracefulShutdown() }

    /// Serves what `configure` adds to a router, until `body` returns and all requests ended.
    static func run<Value: Sendable>(
        _ configure: (Router<ListeningContext>) -> Void,
        body: @escaping @Sendable (TestServer) async throws -> Value
    ) async throws -> Value {
        let router = Router(context: ListeningContext.self)
        configure(router)
        let (ports, opened) = AsyncStream<Int>.makeStream()
        let application = makeApplication(
            router: router,
            host: "127.0.0.1",
            port: 0,
            onServerRunning: { opened.yield($0.localAddress?.port ?? 0) },
            logger: .silent
        )
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [application], logger: .silent)
        )
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            guard let port = await ports.first(where: { _ in true }) else {
                throw HarnessError("server did not start")
            }
            let value: Value
            do {
                value = try await body(TestServer(port: port, group: group))
            } catch {
                tasks.cancelAll()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return value
        }
    }
}

extension Logger {
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
