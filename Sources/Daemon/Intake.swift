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
/// that are being read never stand before a commit. While a commit takes longer than senders wait,
/// because another process writes, what they send is refused at once, and so is what waits of it;
/// what nobody would send again waits for as long as it takes.
package final class Intake: AccessSink, Service {
    private let ledger: Ledger
    private let registries: [String: RegistryRow]
    private let ignoreList: AccessIgnoreList
    private let now: @Sendable () -> Timestamp
    private let onDelivery: @Sendable (Delivery) -> Void
    private let onCommit: @Sendable (RecordedBatch) -> Void
    private let patience: Duration
    private let state = Mutex(State())
    /// Wakes the thread; signalled once each time it has gone to sleep.
    private let bell = DispatchSemaphore(value: 0)

    /// Deliveries, and who waits for the answer to each.
    fileprivate struct Batch {
        var deliveries: [Delivery] = []
        var answers: [CheckedContinuation<DeliveryAnswer, any Error>] = []
        /// Whether each will be sent again when it is refused.
        var isRepeatable: [Bool] = []
        /// Accesses, and one more for each delivery.
        var size = 0

        mutating func append(
            _ delivery: Delivery,
            _ answer: CheckedContinuation<DeliveryAnswer, any Error>,
            isRepeatable: Bool
        ) {
            deliveries.append(delivery)
            answers.append(answer)
            self.isRepeatable.append(isRepeatable)
            size += delivery.body.accesses.count + 1
        }
    }

    fileprivate struct State {
        /// What waits, in batches of which each is one transaction; the last one grows.
        var queue: [Batch] = []
        var isAsleep = false
        var isClosed = false
        /// When the commit under way began.
        var began: ContinuousClock.Instant?
    }

    package init(
        ledger: Ledger,
        registries: [RegistryRow],
        ignoring ignoreList: AccessIgnoreList,
        now: @escaping @Sendable () -> Timestamp,
        patience: Duration = .seconds(5),
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
        self.patience = patience
        self.onDelivery = onDelivery
        self.onCommit = onCommit
    }

    package func knows(registry: String) -> Bool { registries[registry] != nil }

    package func record(
        _ body: DecodedBody,
        from source: AccessSource,
        of registry: String
    ) async throws -> DeliveryAnswer {
        try await record(body, from: source, of: registry, isRepeatable: false)
    }

    /// The same of what its sender sends again when it is refused: that does not wait for long.
    package func record(
        _ body: DecodedBody,
        from source: AccessSource,
        of registry: String,
        isRepeatable: Bool
    ) async throws -> DeliveryAnswer {
        guard let row = registries[registry] else { throw IntakeError.unknownRegistry(registry) }
        return try await record(
            Delivery(registry: row, source: source, body: body, receivedAt: now()),
            isRepeatable: isRepeatable
        )
    }

    /// Records a delivery, and returns only when it is safe on the disk.
    func record(
        _ delivery: Delivery,
        isRepeatable: Bool = false
    ) async throws -> DeliveryAnswer {
        onDelivery(delivery)
        return try await withCheckedThrowingContinuation { continuation in
            let (refusal, refused, isAsleep) = state.withLock { state in
                state.take(delivery, continuation, isRepeatable ? patience : nil)
            }
            if let refusal { for one in refused { one.resume(throwing: refusal) } }
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
        while let batch = nextBatch() { commit(batch) }
    }

    /// Takes what waits, or sleeps until there is something; nil when there will be nothing.
    private func nextBatch() -> Batch? {
        while true {
            let (batch, isOver) = state.withLock { state in
                state.began = nil
                if let batch = state.takeFirst() {
                    state.began = .now
                    return (Batch?(batch), false)
                }
                state.isAsleep = !state.isClosed
                return (nil, state.isClosed)
            }
            if batch != nil || isOver { return batch }
            bell.wait()
        }
    }

    private func commit(_ batch: Batch) {
        do {
            try record(batch)
        } catch {
            guard batch.answers.count > 1, !Self.isAboutAll(error) else {
                for answer in batch.answers { answer.resume(throwing: error) }
                return
            }
            // One delivery must not hold up the others for ever.
            for (delivery, answer) in zip(batch.deliveries, batch.answers) {
                do {
                    var single = Batch()
                    single.append(delivery, answer, isRepeatable: false)
                    try record(single)
                } catch {
                    answer.resume(throwing: error)
                }
            }
        }
    }

    /// Whether each delivery alone would wait as long as all together, and fail alike.
    private static func isAboutAll(_ error: any Error) -> Bool {
        let kind = (error as? LedgerError)?.kind
        return kind == .busy || kind == .displaced
    }

    private func record(_ batch: Batch) throws {
        let outcome = try ledger.record(batch.deliveries, ignoring: ignoreList, now: now())
        Self.resume(batch.answers, outcome.answers)
        onCommit(outcome)
    }

    /// Answers all, and goes on with the next commit meanwhile: to wake those who wait takes a tenth
    /// of this thread's time, and everyone waits for this thread.
    private static func resume(
        _ waiting: [CheckedContinuation<DeliveryAnswer, any Error>],
        _ answers: [DeliveryAnswer]
    ) {
        guard waiting.count > fewAnswers else {
            for (one, answer) in zip(waiting, answers) { one.resume(returning: answer) }
            return
        }
        Task.detached {
            for (one, answer) in zip(waiting, answers) { one.resume(returning: answer) }
        }
    }

    /// No more than it takes to start a task for them.
    private static let fewAnswers = 3
}

extension Intake.State {
    typealias Answer = CheckedContinuation<DeliveryAnswer, any Error>

    /// Takes a delivery, or says why not, and who else is not to wait any longer.
    ///
    /// It also says whether the thread has to be woken. `patience` is nil for what waits for as long
    /// as it takes.
    mutating func take(
        _ delivery: Delivery,
        _ answer: Answer,
        _ patience: Duration?
    ) -> (refusal: IntakeError?, refused: [Answer], isAsleep: Bool) {
        guard !isClosed else { return (.closed, [answer], false) }
        if let patience, let began, .now - began >= patience {
            return (.busy, takeRepeatable() + [answer], false)
        }
        append(delivery, answer, isRepeatable: patience != nil)
        defer { isAsleep = false }
        return (nil, [], isAsleep)
    }

    /// Takes out of the queue what will be sent again.
    private mutating func takeRepeatable() -> [Answer] {
        var taken: [Answer] = []
        var rest: [Intake.Batch] = []
        for batch in queue {
            var kept = Intake.Batch()
            for (index, answer) in batch.answers.enumerated() {
                if batch.isRepeatable[index] {
                    taken.append(answer)
                } else {
                    kept.append(batch.deliveries[index], answer, isRepeatable: false)
                }
            }
            if !kept.answers.isEmpty { rest.append(kept) }
        }
        queue = rest
        return taken
    }

    private mutating func append(
        _ delivery: Delivery,
        _ answer: Answer,
        isRepeatable: Bool
    ) {
        if queue.last.map({ $0.size >= Self.largestBatch }) ?? true { queue.append(.init()) }
        queue[queue.count - 1].append(delivery, answer, isRepeatable: isRepeatable)
    }

    mutating func takeFirst() -> Intake.Batch? { queue.isEmpty ? nil : queue.removeFirst() }

    /// Accesses in one transaction: some tens of milliseconds, so that no request waits long.
    private static let largestBatch = 4_096
}

package enum IntakeError: Error, Sendable, Equatable, CustomStringConvertible {
    case unknownRegistry(String)
    case closed
    /// The commit under way takes too long.
    case busy

    package var description: String {
        switch self {
        case .unknownRegistry(let name): "registry \(name) is not in the settings; add it there"
        case .closed: "lastpull is stopping; try again"
        case .busy: "another process writes to the ledger for long; try again"
        }
    }
}
