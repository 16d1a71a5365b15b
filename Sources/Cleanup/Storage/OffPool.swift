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

/// Maps `items` on many threads; blocks the caller's.
///
/// For what waits for the disk: a file system may tell it of every freed block (ext4 with `discard`),
/// and with no more threads than cores these would idle meanwhile.
func onManyThreads<Item: Sendable, Result: Sendable>(
    _ items: [Item],
    _ body: @escaping @Sendable (Item) throws -> Result
) throws -> [Result] {
    let width = min(mostThreads, items.count)
    guard width > 0 else { return [] }
    let share = (items.count + width - 1) / width
    let parts = Mutex([Int: Swift.Result<[Result], any Error>]())
    let all = DispatchGroup()
    for part in 0..<width {
        all.enter()
        Thread {
            let own = items.dropFirst(part * share).prefix(share)
            let result = Swift.Result { try own.map(body) }
            parts.withLock { $0[part] = result }
            all.leave()
        }.start()
    }
    all.wait()
    let done = parts.withLock { $0 }
    return try (0..<width).flatMap { try done[$0]?.get() ?? [] }
}

/// More do not make a disk faster.
private let mostThreads = 16
