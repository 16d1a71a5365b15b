import Synchronization

extension FakeRegistry {
    /// A queue of notifications and the task that delivers them one after the other.
    final class Notifier: Sendable {
        let ignoredMediaTypes: Set<String>
        private let queue: AsyncStream<[UInt8]>.Continuation
        private let waiting = Atomic<Int>(0)
        private let delivery: Mutex<Task<Void, Never>?> = Mutex(nil)

        init(ignoredMediaTypes: Set<String>, sink: @escaping Sink) {
            self.ignoredMediaTypes = ignoredMediaTypes
            let (bodies, queue) = AsyncStream<[UInt8]>.makeStream()
            self.queue = queue
            let task = Task { [weak self] in
                for await body in bodies {
                    await Self.deliver(body, sink)
                    self?.waiting.subtract(1, ordering: .relaxed)
                }
            }
            delivery.withLock { $0 = task }
        }

        deinit { stop() }

        var undelivered: Int { waiting.load(ordering: .relaxed) }

        func enqueue(_ body: [UInt8]) {
            waiting.add(1, ordering: .relaxed)
            queue.yield(body)
        }

        func stop() {
            queue.finish()
            delivery.withLock { $0?.cancel() }
        }

        private static func deliver(_ body: [UInt8], _ sink: Sink) async {
            while !Task.isCancelled {
                do { return try await sink(body) } catch {
                    try? await Task.sleep(for: retryPause)
                }
            }
        }

        /// Shorter than a registry's usual second, so that tests do not wait.
        private static let retryPause = Duration.milliseconds(50)
    }
}
