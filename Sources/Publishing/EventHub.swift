package import Logging

/// Wakes those who wait for events.
///
/// It holds no events: each subscriber reads them from the outbox, from its own place on, so that
/// none is lost to one that is slow. The outbox is looked at only while somebody waits.
package actor EventHub {
    /// Why a wait ended.
    package enum Wake: Sendable, Equatable {
        /// There are events up to this place.
        case events(through: Int64)
        case timeout
        /// The hub was closed, or the waiting task cancelled.
        case closed
    }

    private enum State {
        case idle
        case polling(Task<Void, Never>)
        case closed
    }

    private struct Waiter {
        let place: Int64
        let deadline: ContinuousClock.Instant?
        let continuation: CheckedContinuation<Wake, Never>
    }

    package nonisolated let outbox: EventOutbox
    private let interval: Duration
    private let logger: Logger
    private var state = State.idle
    private var waiters: [Int: Waiter] = [:]
    private var nextNumber = 0
    private var newest: Int64 = 0
    private var isFailing = false

    /// Makes a hub that looks at `outbox` once in each `interval` while somebody waits.
    package init(
        outbox: EventOutbox,
        interval: Duration = .milliseconds(200),
        logger: Logger
    ) {
        self.outbox = outbox
        self.interval = interval
        self.logger = logger
    }

    /// How many wait just now.
    package var waiting: Int { waiters.count }

    /// Waits for an event behind `place`, no longer than `limit` and a look's interval.
    package func next(after place: Int64, within limit: Duration? = nil) async -> Wake {
        if case .closed = state { return .closed }
        if newest > place { return .events(through: newest) }
        let number = nextNumber
        nextNumber += 1
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiters[number] = Waiter(
                    place: place,
                    deadline: limit.map { ContinuousClock.now + $0 },
                    continuation: continuation
                )
                startPolling()
            }
        } onCancel: {
            // Runs after the waiter is in its place: the actor is held until the task suspends.
            Task { await leave(number) }
        }
    }

    /// Looks at once, for the writer of an event in this process.
    package func wake() async {
        guard !waiters.isEmpty else { return }
        await look()
    }

    /// Ends all waits, now and from now on.
    package func close() {
        if case .polling(let task) = state { task.cancel() }
        state = .closed
        for waiter in waiters.values { waiter.continuation.resume(returning: .closed) }
        waiters = [:]
    }

    private func leave(_ number: Int) {
        waiters.removeValue(forKey: number)?.continuation.resume(returning: .closed)
    }

    private func startPolling() {
        guard case .idle = state else { return }
        state = .polling(Task { await poll() })
    }

    private func poll() async {
        while !waiters.isEmpty {
            do { try await Task.sleep(for: interval) } catch { return }
            await look()
        }
        if case .polling = state { state = .idle }
    }

    private func look() async {
        do {
            newest = max(newest, try await outbox.last())
            isFailing = false
        } catch {
            if !isFailing {
                logger.error("events can't be read", metadata: ["error.reason": "\(error)"])
            }
            isFailing = true
        }
        let now = ContinuousClock.now
        for (number, waiter) in waiters {
            if newest > waiter.place {
                resume(number, .events(through: newest))
            } else if let deadline = waiter.deadline, deadline <= now {
                resume(number, .timeout)
            }
        }
    }

    private func resume(_ number: Int, _ wake: Wake) {
        waiters.removeValue(forKey: number)?.continuation.resume(returning: wake)
    }
}
