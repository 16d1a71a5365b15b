import Dispatch
import Synchronization

/// Does something asynchronous while the calling thread waits, which must be one of its own: a thread
/// that tasks run on would be missing to the task that is waited for.
package func waiting<Result: Sendable>(
    for body: @escaping @Sendable () async throws -> Result
) throws -> Result {
    let outcome = Outcome<Result>()
    let bell = DispatchSemaphore(value: 0)
    let task = Task.detached {
        do {
            let result = try await body()
            outcome.value.withLock { $0 = .success(result) }
        } catch {
            outcome.value.withLock { $0 = .failure(error) }
        }
        bell.signal()
    }
    bell.wait()
    guard let value = outcome.value.withLock({ $0 }) else {
        task.cancel()
        throw CancellationError()
    }
    return try value.get()
}

private final class Outcome<Value: Sendable>: Sendable {
    let value = Mutex<Result<Value, any Error>?>(nil)
}
