import Foundation

/// The right to clean one registry, held across processes by `flock` on a file beside the ledger.
///
/// It dies with its process, so a kill never leaves it behind.
final class RunLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock at once, or fails with `alreadyRunning`.
    init(ledger: String, registry: String) throws(CleanupError) {
        let path = "\(ledger).\(registry).lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .cannotLock(path: path, reason: String(cString: strerror(errno)))
        }
        Self.giveToOwner(of: ledger, descriptor)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .alreadyRunning(registry: registry)
        }
    }

    deinit { close(descriptor) }

    /// A file that root has made must stay usable for the daemon, which has a user of its own.
    private static func giveToOwner(of ledger: String, _ descriptor: Int32) {
        var status = stat()
        guard geteuid() == 0, stat(ledger, &status) == 0 else { return }
        _ = fchown(descriptor, status.st_uid, status.st_gid)
    }
}
