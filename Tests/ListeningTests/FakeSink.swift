import RegistryModel
import Synchronization
import TestSupport

/// A sink that knows one registry, `local`, and remembers what it was given.
final class FakeSink: AccessSink {
    struct Delivery: Sendable, Equatable {
        var body: DecodedBody
        var source: AccessSource
        var registry: String
    }

    private let taken = Mutex<[Delivery]>([])
    private let isBroken: Bool

    init(isBroken: Bool = false) { self.isBroken = isBroken }

    var deliveries: [Delivery] { taken.withLock { $0 } }

    func knows(registry: String) -> Bool { registry == "local" }

    func record(
        _ body: DecodedBody,
        from source: AccessSource,
        of registry: String
    ) async throws -> DeliveryAnswer {
        guard !isBroken else { throw HarnessError("disk is full") }
        let delivery = Delivery(body: body, source: source, registry: registry)
        taken.withLock { $0.append(delivery) }
        return DeliveryAnswer(
            accepted: body.accesses.count,
            duplicates: 7,
            ignored: body.ignored,
            rejected: body.rejections.count
        )
    }
}
