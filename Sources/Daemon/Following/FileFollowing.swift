import AccessLedger
import Dispatch
import EventDecoding
import Foundation
import LogReading
import RegistryModel
import ServiceLifecycle
import Synchronization

/// Follows a file while the daemon runs, looking at it once a second.
///
/// On a thread of its own: a file system that does not answer must not stop anything else.
final class FileFollowing: Service {
    private let log: FollowedLog
    private let dialect: LogDialect
    private let isStopped = Mutex(false)
    private let bell = DispatchSemaphore(value: 0)

    init(_ log: FollowedLog, dialect: LogDialect) {
        self.log = log
        self.dialect = dialect
    }

    func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskCancellationHandler {
                await withCheckedContinuation { end in
                    Thread {
                        self.work()
                        end.resume()
                    }.start()
                }
            } onCancel: {
                self.stop()
            }
        } onGracefulShutdown: {
            self.stop()
        }
    }

    private func stop() {
        isStopped.withLock { $0 = true }
        bell.signal()
    }

    private func work() {
        var follower: FileFollower?
        while !isStopped.withLock({ $0 }) {
            do {
                let current = try follower ?? makeFollower()
                follower = current
                try look(current)
                try note(nil)
            } catch let error as LogReadingError {
                try? note(error.reason)
            } catch {
                // Of the ledger, mostly: what could not be recorded is read again.
                try? note("\(error)")
            }
            _ = bell.wait(timeout: .now() + Self.interval)
        }
    }

    private func makeFollower() throws -> FileFollower {
        let known = try log.ledger.logPositions(of: log.registry, place: log.place).map {
            FollowedFile(id: $0.id, device: $0.device, inode: $0.inode, growth: $0.growth)
        }
        return FileFollower(path: log.place, dialect: dialect, known: known)
    }

    private func look(_ follower: FileFollower) throws {
        let log = log
        var isMore = true
        while isMore, !isStopped.withLock({ $0 }) {
            isMore = try follower.look(now: log.now(), horizon: log.horizon) { reading in
                var position = LogPosition(
                    reading.state.growth,
                    place: log.place,
                    id: reading.state.id
                )
                position.device = reading.state.device
                position.inode = reading.state.inode
                try waiting { [position] in
                    try await log.record(reading.body, position, loss: reading.loss)
                }
            }
        }
    }

    private func note(_ problem: String?) throws {
        let log = log
        try waiting { try await log.note(problem) }
    }

    /// Seconds between two looks.
    private static let interval = 1.0
}
