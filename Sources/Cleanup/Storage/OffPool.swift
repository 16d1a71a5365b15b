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

/// Does `jobs` on many threads, in no order; blocks the caller's.
///
/// For what waits for the disk: a file system may tell it of every freed block, and wait for its answer
/// (ext4 with `discard`, each time where it has no journal); with no more threads than cores these
/// would idle meanwhile. After an error nothing is begun.
func onManyThreads<Job: Sendable>(
    _ jobs: [Job],
    _ body: @escaping @Sendable (Job) throws -> Void
) throws {
    guard jobs.count > 1 else { return try jobs.forEach(body) }
    let next = Atomic(0)
    let problem = Mutex<(any Error)?>(nil)
    let all = DispatchGroup()
    for _ in 0..<min(mostThreads, jobs.count) {
        all.enter()
        Thread {
            while case let job = next.add(1, ordering: .relaxed).oldValue, job < jobs.count {
                do {
                    try body(jobs[job])
                } catch {
                    problem.withLock { $0 = $0 ?? error }
                    next.store(jobs.count, ordering: .relaxed)
                }
            }
            all.leave()
        }.start()
    }
    all.wait()
    if let error = problem.withLock(\.self) { throw error }
}

/// More do not make a disk faster.
private let mostThreads = 32
