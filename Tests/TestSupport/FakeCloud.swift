import NIOCore

/// A fake of a cloud's API in memory, on a port of loopback, with what is to go wrong with it.
package protocol FakeCloud: Actor {
    /// Faults that are still to come.
    var faults: PlannedFaults { get set }
    var requests: [FakeRegistry.RecordedRequest] { get set }
    /// Off, `requests` stays empty, which benches want.
    var recordsRequests: Bool { get }
    var server: Task<Void, any Error>? { get set }

    init(port: Int)

    func handle(_ call: FakeRegistry.Call, _ query: String?) async -> FakeRegistry.Reply
}

extension FakeCloud {
    package static func start() async throws -> Self {
        let port = try LoopbackPort.free()
        let cloud = Self(port: port)
        try await cloud.listen(port)
        return cloud
    }

    private func listen(_ port: Int) async throws {
        server = try await FakeService.listen(port) { [weak self] call, query in
            guard let self else { return FakeRegistry.Reply(503) }
            return await self.handle(call, query)
        }
    }

    package func stop() async {
        server?.cancel()
        _ = await server?.result
        server = nil
    }

    /// Changes settings, which a caller outside can't set one by one.
    package func set(_ change: @Sendable (isolated Self) -> Void) { change(self) }

    /// Plans a fault for the next `count` requests that match.
    package func fail(
        next count: Int = 1,
        _ fault: FakeRegistry.Fault,
        where matches: @escaping @Sendable (_ method: String, _ path: String) -> Bool
    ) {
        faults.add(fault, count: count, matches)
    }

    // MARK: For those who answer

    func note(_ call: FakeRegistry.Call, _ query: String?) {
        guard recordsRequests else { return }
        requests.append(
            FakeRegistry.RecordedRequest(
                method: call.method,
                path: call.path,
                query: query,
                userAgent: call["User-Agent"],
                authorization: call["Authorization"]
            )
        )
    }

    /// What the fault that is due makes of an answer.
    func answer(
        _ call: FakeRegistry.Call,
        refusal: @autoclosure () -> FakeRegistry.Reply,
        _ answer: () -> FakeRegistry.Reply
    ) -> FakeRegistry.Reply {
        let fault = faults.next(call.method, call.path)
        switch fault {
        case .answer(let status, let headers, let body):
            var reply = FakeRegistry.Reply(status, body: ByteBuffer(string: body))
            for (name, value) in headers { reply[name] = value }
            return reply
        case .challenge: return refusal()
        default: break
        }
        var reply = answer()
        if case .answerAfterAll(let status)? = fault { reply = FakeRegistry.Reply(status) }
        reply.fault = fault
        return reply
    }
}
