import Hummingbird
import Logging
import NIOCore
import RegistryModel

/// Serves a fake of some API on a port of loopback.
enum FakeService {
    typealias Handler =
        @Sendable (_ call: FakeRegistry.Call, _ query: String?) async -> FakeRegistry.Reply

    /// Listens until the task that is returned is cancelled.
    static func listen(
        _ port: Int,
        handle: @escaping Handler
    ) async throws -> Task<Void, any Error> {
        let (running, signal) = AsyncStream<Void>.makeStream()
        let responder = CallbackResponder<FakeContext> { request, context in
            try await respond(to: request, context, handle)
        }
        let application = Application(
            responder: responder,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { _ in signal.yield() },
            logger: Logger(label: "fake-service") { _ in SwiftLogNoOpLogHandler() }
        )
        let server = Task {
            defer { signal.finish() }
            try await application.run()
        }
        for await _ in running { return server }
        try await server.value
        throw HarnessError("the fake service did not start on port \(port)")
    }

    private static func respond(
        to request: Request,
        _ context: FakeContext,
        _ handle: Handler
    ) async throws -> Response {
        let body = try await request.body.collect(upTo: 1 << 24)
        let call = FakeRegistry.Call(
            method: request.method.rawValue,
            path: request.uri.path,
            query: FakeRegistry.fields(of: request.uri.query ?? ""),
            headers: request.headers,
            body: body,
            peer: nil
        )
        let reply = await handle(call, request.uri.query)
        switch reply.fault {
        case .slow(let duration): try await Task.sleep(for: duration)
        case .drop: try await context.channel.close().get()
        default: break
        }
        return FakeRegistry.response(reply, isHead: call.method == "HEAD")
    }
}

/// What may go wrong with the requests to a fake, in the order in which it was planned.
package struct PlannedFaults: Sendable {
    private var faults: [FakeRegistry.PlannedFault] = []

    mutating func add(
        _ fault: FakeRegistry.Fault,
        count: Int,
        _ matches: @escaping @Sendable (_ method: String, _ path: String) -> Bool
    ) {
        faults.append(FakeRegistry.PlannedFault(fault: fault, count: count, matches: matches))
    }

    mutating func next(_ method: String, _ path: String) -> FakeRegistry.Fault? {
        guard let index = faults.firstIndex(where: { $0.matches(method, path) }) else {
            return nil
        }
        let fault = faults[index].fault
        faults[index].count -= 1
        if faults[index].count <= 0 { faults.remove(at: index) }
        return fault
    }
}

/// A limit of requests: so many at once, and so many more with each second.
package struct RequestLimit: Sendable {
    let capacity: Double
    let perSecond: Double
    private var tokens: Double
    private var filledAt: ContinuousClock.Instant
    package private(set) var permitted = 0
    package private(set) var refused = 0

    package init(capacity: Double, perSecond: Double) {
        self.capacity = capacity
        self.perSecond = perSecond
        tokens = capacity
        filledAt = .now
    }

    /// Takes one, or returns after how many whole seconds one will be there.
    mutating func take() -> Int? {
        let now = ContinuousClock.now
        tokens = min(capacity, tokens + perSecond * ((now - filledAt) / .seconds(1)))
        filledAt = now
        guard tokens >= 1 else {
            refused += 1
            return max(1, Int(((1 - tokens) / perSecond).rounded(.up)))
        }
        tokens -= 1
        permitted += 1
        return nil
    }
}
