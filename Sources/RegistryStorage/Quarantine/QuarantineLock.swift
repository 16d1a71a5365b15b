import Foundation

/// The right to sweep one storage, for every process on this machine, whatever ledger it has.
///
/// An `flock`, so it dies with its process.
package final class QuarantineLock: Sendable {
    private let folder: FolderHandle

    /// Takes the lock at once; nil where somebody else has it.
    package init?(_ root: StorageRoot) throws(StorageError) {
        try root.makeFolders(Quarantine.folder)
        guard let folder = try root.folder(Quarantine.folder),
            flock(folder.descriptor, LOCK_EX | LOCK_NB) == 0
        else { return nil }
        self.folder = folder
    }
}
