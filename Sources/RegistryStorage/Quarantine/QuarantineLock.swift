import Foundation

/// The right to sweep one storage, for every process on this machine, whatever ledger it has.
///
/// An `flock`, so it dies with its process.
package final class QuarantineLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock at once; nil where somebody else has it.
    package init?(_ root: StorageRoot) throws(StorageError) {
        try root.makeFolders(Quarantine.folder)
        guard let folder = try root.open(Quarantine.folder, O_RDONLY | O_DIRECTORY) else {
            return nil
        }
        guard flock(folder, LOCK_EX | LOCK_NB) == 0 else {
            close(folder)
            return nil
        }
        descriptor = folder
    }

    deinit { close(descriptor) }
}
