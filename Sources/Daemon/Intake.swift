package import AccessLedger
import Logging
package import RegistryModel
import ServiceLifecycle
import Synchronization

/// Gathers what arrives while the last commit is under way, and records it in the next one.
///
/// So one `fsync` serves every request that waits, and each is answered after the commit that holds
/// it. Under no load a request is recorded at once.
package final class Intake: AccessSink, Service {
    private let ledger: Ledger
    private let registries: [String: RegistryRow]
    private let ignoreList: AccessIgnoreList
    private let now: @Sendable () -> Timestamp
    private let onDelivery: @Sendable (Delivery) -> Void
    private let onCommit: @Sendable (RecordedBatch) -> Void
    private let state = Mutex(State())

    private typealias Waiting = (
        delivery: Delivery, answer: CheckedContinuation<DeliveryAnswer, any Error>
    )

    private struct State {
        var queue: [Waiting] = []
        var worker: CheckedContinuation<Void, Never>?
        var isClosed = false
    }

    package init(
        ledger: Ledger,
        registries: [RegistryRow],
        ignoring ignoreList: AccessIgnoreList,
        now: @escaping @Sendable () -> Timestamp,
        onDelivery: @escaping @Sendable (Delivery) -> Void = { _ in },
        onCommit: @escaping @Sendable (RecordedBatch) -> Void
    ) {
        self.ledger = ledger
        self.registries = Dictionary(
            registries.map { ($0.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        self.ignoreList = ignoreList
        self.now = now
        self.onDelivery = onDelivery
        self.onCommit = onCommit
    }

    package func knows(registry: String) -> Bool { registries[registry] != nil }

    package func record(
        _ body: DecodedBody,
        from source: AccessSource,
        of registry: String
    ) async throws -> DeliveryAnswer {
        guard let row = registries[registry] else { throw IntakeError.unknownRegistry(registry) }
        let delivery = Delivery(registry: row, source: source, body: body, receivedAt: now())
        onDelivery(delivery)
        return try await withCheckedThrowingContinuation { continuation in
            let (worker, isClosed) = state.withLock { state in
                guard !state.isClosed else {
                    return (nil as CheckedContinuation<Void, Never>?, true)
                }
                state.queue.append((delivery, continuation))
                defer { state.worker = nil }
                return (state.worker, false)
            }
            if isClosed { continuation.resume(throwing: IntakeError.closed) }
            worker?.resume()
        }
    }

    /// Commits until the service is told to stop and everything that waited is recorded.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskCancellationHandler {
                await work()
            } onCancel: {
                self.close()
            }
        } onGracefulShutdown: {
            self.close()
        }
    }

    /// Takes nothing more; what waits is still recorded.
    private func close() {
        state.withLock { state in
            state.isClosed = true
            defer { state.worker = nil }
            return state.worker
        }?.resume()
    }

    private func work() async {
        while true {
            let batch = take()
            if !batch.isEmpty {
                await commit(batch)
            } else if await !waitForWork() {
                return
            }
        }
    }

    private func take() -> [Waiting] {
        state.withLock { state in
            var size = 0
            var count = 0
            for waiting in state.queue {
                size += waiting.delivery.body.accesses.count + 1
                count += 1
                if size >= Self.largestBatch { break }
            }
            let batch = Array(state.queue.prefix(count))
            state.queue.removeFirst(count)
            return batch
        }
    }

    /// Sleeps until there is work; false when there will be none.
    private func waitForWork() async -> Bool {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                guard state.queue.isEmpty, !state.isClosed else { return true }
                state.worker = continuation
                return false
            }
            if isReady { continuation.resume() }
        }
        return state.withLock { !$0.queue.isEmpty || !$0.isClosed }
    }

    private func commit(_ batch: [Waiting]) async {
        do {
            try await record(batch)
        } catch {
            // One delivery must not hold up the others for ever.
            for waiting in batch {
                guard batch.count > 1 else {
                    waiting.answer.resume(throwing: error)
                    continue
                }
                do {
                    try await record([waiting])
                } catch {
                    waiting.answer.resume(throwing: error)
                }
            }
        }
    }

    private func record(_ batch: [Waiting]) async throws {
        let outcome = try await ledger.record(
            batch.map(\.delivery),
            ignoring: ignoreList,
            now: now()
        )
        for (waiting, answer) in zip(batch, outcome.answers) {
            waiting.answer.resume(returning: answer)
        }
        onCommit(outcome)
    }

    /// Accesses in one transaction: some tens of milliseconds, so that no request waits long.
    private static let largestBatch = 4_096
}

package enum IntakeError: Error, Sendable, Equatable, CustomStringConvertible {
    case unknownRegistry(String)
    case closed

    package var description: String {
        switch self {
        case .unknownRegistry(let name): "registry \(name) is not in the settings; add it there"
        case .closed: "lastpull is stopping; try again"
        }
    }
}
