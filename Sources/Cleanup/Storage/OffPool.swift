import Dispatch
import Foundation
import Synchronization

/// Runs what blocks (files, disks) on a thread of its own, off the cooperative pool, which has no
/// more threads than the machine has cores.
func offPool<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global(qos: .userInitiated).async {
            continuation.resume(with: Swift.Result { try body() })
        }
    }
}

/// Maps `items` on as many threads as there are cores; blocks the caller's.
func onAllCores<Item: Sendable, Result: Sendable>(
    _ items: [Item],
    _ body: @escaping @Sendable (Item) throws -> Result
) throws -> [Result] {
    let width = max(1, ProcessInfo.processInfo.activeProcessorCount)
    let share = (items.count + width - 1) / width
    guard share > 0 else { return [] }
    let parts = Mutex([Int: Swift.Result<[Result], any Error>]())
    DispatchQueue.concurrentPerform(iterations: width) { part in
        let own = items.dropFirst(part * share).prefix(share)
        let result = Swift.Result { try own.map(body) }
        parts.withLock { $0[part] = result }
    }
    let done = parts.withLock { $0 }
    return try (0..<width).flatMap { try done[$0]?.get() ?? [] }
}
