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
/// and with no more threads than cores these would idle meanwhile. After an error nothing is begun.
func onManyThreads<Item: Sendable, Result: Sendable>(
    _ items: [Item],
    _ body: @escaping @Sendable (Item) throws -> Result
) throws -> [Result] {
    let shares = (items.count + share - 1) / share
    let next = Atomic(0)
    let parts = Mutex([Int: [Result]]())
    let problem = Mutex<(any Error)?>(nil)
    let all = DispatchGroup()
    for _ in 0..<min(mostThreads, shares) {
        all.enter()
        Thread {
            while case let part = next.add(1, ordering: .relaxed).oldValue, part < shares {
                do {
                    let done = try items[part * share..<min((part + 1) * share, items.count)]
                        .map(body)
                    parts.withLock { $0[part] = done }
                } catch {
                    problem.withLock { $0 = $0 ?? error }
                    next.store(shares, ordering: .relaxed)
                }
            }
            all.leave()
        }.start()
    }
    all.wait()
    if let error = problem.withLock(\.self) { throw error }
    let done = parts.withLock(\.self)
    return (0..<shares).flatMap { done[$0] ?? [] }
}

/// Items that one thread takes at a time; neighbours mostly lie in the same folders.
private let share = 64

/// More do not make a disk faster.
private let mostThreads = 16
