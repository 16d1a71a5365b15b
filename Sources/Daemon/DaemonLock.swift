package import AccessLedger
import Foundation

/// One daemon per ledger, held by `flock`, so it dies with its process.
///
/// The file also says which daemon served the ledger last, and how far it came.
package final class DaemonLock: Sendable {
    private let descriptor: Int32
    private let ledger: String

    /// Takes the lock, or throws when another daemon serves this ledger.
    package init(ledger: String) throws {
        self.ledger = ledger
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

    /// Who served the ledger last; nil where the file is new, empty or can't be read.
    package var mark: ServingMark? {
        var bytes = [UInt8](repeating: 0, count: Self.longestMark)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return ServingMark(String(decoding: bytes.prefix(count), as: UTF8.self))
    }

    /// Writes who serves the ledger; `isLasting` waits until a power cut can't take it back.
    package func write(_ mark: ServingMark, isLasting: Bool = false) throws {
        let bytes = Array("\(mark)".utf8)
        guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count,
            ftruncate(descriptor, off_t(bytes.count)) == 0,
            !isLasting || fsync(descriptor) == 0
        else {
            throw DaemonLockError(
                ledger: ledger,
                reason: "\(Self.path(ledger)) can't be written: \(String(cString: strerror(errno)))"
            )
        }
    }

    /// More than a mark has.
    private static let longestMark = 256

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
