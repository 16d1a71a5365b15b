import Foundation

/// The right to sweep one storage, for every process on this machine, whatever ledger it has.
///
/// An `flock`, so it dies with its process. It is on the quarantine's folder, and on the root, since a
/// full disk may have no room for that folder.
package final class QuarantineLock: Sendable {
    private let descriptors: [Int32]

    /// Takes the lock at once; nil where somebody else has it.
    package init?(_ root: StorageRoot) throws(StorageError) {
        var taken: [Int32] = []
        for folder in [try root.ownDescriptor(), try Self.folder(root)].compactMap(\.self) {
            taken.append(folder)
            guard flock(folder, LOCK_EX | LOCK_NB) == 0 else {
                for descriptor in taken { close(descriptor) }
                return nil
            }
        }
        descriptors = taken
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }

    /// The quarantine's folder; nil where there is no room for one.
    private static func folder(_ root: StorageRoot) throws(StorageError) -> Int32? {
        do {
            try root.makeFolders(Quarantine.folder)
        } catch {
            guard error.kind == .full else { throw error }
            return nil
        }
        return try root.open(Quarantine.folder, O_RDONLY | O_DIRECTORY)
    }
}
