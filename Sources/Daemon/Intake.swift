package import AccessLedger
import Foundation
import Logging
package import RegistryModel
import ServiceLifecycle
import Synchronization

/// Gathers what arrives while the last commit is under way, and records it in the next one.
///
/// So one `fsync` serves every request that waits, and each is answered after the commit that holds
/// it. Under no load a request is recorded at once. A thread of its own does nothing else: requests
/// that are being read never stand before a commit.
package final class Intake: AccessSink, Service {
    private let ledger: Ledger
    private let registries: [String: RegistryRow]
    private let ignoreList: AccessIgnoreList
    private let now: @Sendable () -> Timestamp
    private let onDelivery: @Sendable (Delivery) -> Void
    private let onCommit: @Sendable (RecordedBatch) -> Void
    private let state = Mutex(State())
    /// Wakes the thread; signalled once each time it has gone to sleep.
    private let bell = DispatchSemaphore(value: 0)

    private typealias Waiting = (
        delivery: Delivery, answer: CheckedContinuation<DeliveryAnswer, any Error>
    )

    private struct State {
        var queue: [Waiting] = []
        var isAsleep = false
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
            let (isAsleep, isClosed) = state.withLock { state in
                guard !state.isClosed else { return (false, true) }
                state.queue.append((delivery, continuation))
                defer { state.isAsleep = false }
                return (state.isAsleep, false)
            }
            if isClosed { continuation.resume(throwing: IntakeError.closed) }
            if isAsleep { bell.signal() }
        }
    }

    /// Commits until the service is told to stop and everything that waited is recorded.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskCancellationHandler {
                await withCheckedContinuation { end in
                    Thread {
                        Thread.current.name = "intake"
                        self.work()
                        end.resume()
                    }.start()
                }
            } onCancel: {
                self.close()
            }
        } onGracefulShutdown: {
            self.close()
        }
    }

    /// Takes nothing more; what waits is still recorded.
    private func close() {
        let isAsleep = state.withLock { state in
            state.isClosed = true
            defer { state.isAsleep = false }
            return state.isAsleep
        }
        if isAsleep { bell.signal() }
    }

    private func work() {
        while waitForWork() { commit(take()) }
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
    private func waitForWork() -> Bool {
        while true {
            let next: Bool? = state.withLock { state in
                if !state.queue.isEmpty { return true }
                if state.isClosed { return false }
                state.isAsleep = true
                return nil
            }
            if let next { return next }
            bell.wait()
        }
    }

    private func commit(_ batch: [Waiting]) {
        do {
            try record(batch)
        } catch {
            // One delivery must not hold up the others for ever.
            for waiting in batch {
                guard batch.count > 1 else {
                    waiting.answer.resume(throwing: error)
                    continue
                }
                do {
                    try record([waiting])
                } catch {
                    waiting.answer.resume(throwing: error)
                }
            }
        }
    }

    private func record(_ batch: [Waiting]) throws {
        let outcome = try ledger.record(batch.map(\.delivery), ignoring: ignoreList, now: now())
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
