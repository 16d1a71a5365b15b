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
    /// Those who wait for `release`; nil when nobody has to.
    private let held: Mutex<[CheckedContinuation<Void, Never>]?>

    /// A sink that `isHeld` takes nothing before it is released.
    init(isBroken: Bool = false, isHeld: Bool = false) {
        self.isBroken = isBroken
        held = Mutex(isHeld ? [] : nil)
    }

    var deliveries: [Delivery] { taken.withLock { $0 } }

    var accesses: [Access] { deliveries.flatMap(\.body.accesses) }

    /// Samples of what was refused, of each delivery that is nothing but that.
    var refusals: [[UInt8]] {
        deliveries.compactMap { delivery in
            let body = delivery.body
            guard body.accesses.isEmpty, body.rejected == 1 else { return nil }
            return body.rejections.first?.excerpt
        }
    }

    var sockets: [DecodedBody.SocketNews] { deliveries.compactMap(\.body.socket) }

    /// Whether a delivery waits for `release`.
    var isWaited: Bool { held.withLock { !($0 ?? []).isEmpty } }

    /// Takes what waits, and all that comes.
    func release() {
        let waiting = held.withLock { held in
            defer { held = nil }
            return held ?? []
        }
        for continuation in waiting { continuation.resume() }
    }

    func knows(registry: String) -> Bool { registry == "local" }

    func record(
        _ body: DecodedBody,
        from source: AccessSource,
        of registry: String
    ) async throws -> DeliveryAnswer {
        await withCheckedContinuation { continuation in
            let waits = held.withLock { held in
                held?.append(continuation)
                return held != nil
            }
            if !waits { continuation.resume() }
        }
        guard !isBroken else { throw HarnessError("disk is full") }
        let delivery = Delivery(body: body, source: source, registry: registry)
        taken.withLock { $0.append(delivery) }
        return DeliveryAnswer(
            accepted: body.accesses.count,
            duplicates: 7,
            ignored: body.ignored,
            rejected: body.rejected
        )
    }
}
