import Dispatch
import Foundation
import Synchronization

/// Threads that work through a list of jobs together.
struct Crew: Sendable {
    let width: Int

    /// As many threads as the machine has cores.
    static var ofMachine: Crew { Crew(width: ProcessInfo.processInfo.activeProcessorCount) }

    /// Does jobs 0 to `count`, each once, in no order; every thread has a worker of its own.
    ///
    /// Returns the workers with what they found. After an error no job is begun, and the error is
    /// thrown when all threads have stopped.
    func run<Worker>(
        _ count: Int,
        _ makeWorker: () -> Worker,
        _ job: (Worker, Int) throws(StorageError) -> Void
    ) throws(StorageError) -> [Worker] {
        let next = Atomic(0)
        let problem = Mutex<StorageError?>(nil)
        let threads = min(width, max(1, count))
        let workers = (0..<threads).map { _ in makeWorker() }
        withoutActuallyEscaping(job) { job in
            // Each worker belongs to one thread, and what jobs share they only read.
            nonisolated(unsafe) let (job, workers) = (job, workers)
            DispatchQueue.concurrentPerform(iterations: threads) { thread in
                while true {
                    let index = next.add(1, ordering: .relaxed).oldValue
                    guard index < count else { return }
                    do throws(StorageError) {
                        try job(workers[thread], index)
                    } catch {
                        problem.withLock { $0 = $0 ?? error }
                        next.store(count, ordering: .relaxed)
                    }
                }
            }
        }
        if let error = problem.withLock({ $0 }) { throw error }
        return workers
    }
}
