import Foundation

/// One daemon per ledger, held by `flock`, so it dies with its process.
package final class DaemonLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock, or throws when another daemon serves this ledger.
    package init(ledger: String) throws {
        descriptor = open(Self.path(ledger), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw DaemonLockError(
                ledger: ledger,
                reason: "its folder can't be written to: \(String(cString: strerror(errno)))"
            )
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw DaemonLockError(ledger: ledger, reason: "another `lastpull serve` works with it")
        }
    }

    deinit { close(descriptor) }

    /// Whether a daemon serves this ledger.
    package static func isHeld(ledger: String) -> Bool {
        let descriptor = open(path(ledger), O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) != 0
    }

    private static func path(_ ledger: String) -> String { ledger + ".serve.lock" }
}

package struct DaemonLockError: Error, Sendable, Equatable, CustomStringConvertible {
    package var ledger: String
    package var reason: String

    package var description: String { "cannot serve with ledger \(ledger): \(reason)" }
}
