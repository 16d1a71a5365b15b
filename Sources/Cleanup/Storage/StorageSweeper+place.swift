import AccessLedger
import Logging
import RegistryModel
import RegistryStorage

// A run's files lie on the storage that it took them from, and the setting may name another by now.
extension StorageSweeper {
    /// Writes down from where a run takes something.
    func notePlace(of run: RunName, _ root: StorageRoot) async throws {
        try await ledger.note(place: Self.place(of: root), of: run)
    }

    private static func place(of root: StorageRoot) throws -> StoragePlace {
        let identity = try root.identity()
        return StoragePlace(
            path: identity.path,
            fileSystem: identity.fileSystem,
            inode: identity.inode
        )
    }

    /// The path of the storage that a run took from, where that is surely not this one.
    ///
    /// A folder of the run is proof enough that it is: storages are moved to other disks.
    func otherPlace(of run: RunName, than root: StorageRoot) async throws -> String? {
        guard let place = try await ledger.place(of: run), try place != Self.place(of: root),
            try await !offPool({ try Quarantine(root: root).has(run) })
        else { return nil }
        return place.path
    }

    /// The runs that took from this storage; says of each other one, once, where it is.
    func here(
        _ runs: [RunName],
        _ root: StorageRoot,
        _ target: CleanupTarget
    ) async throws -> [RunName] {
        var found: [RunName] = []
        var others: [StorageState.Elsewhere] = []
        for run in runs {
            if let path = try await otherPlace(of: run, than: root) {
                others.append(StorageState.Elsewhere(run: run, path: path))
            } else {
                found.append(run)
            }
        }
        guard !others.isEmpty else { return found }
        let paths = Set(others.map(\.path)).sorted().joined(separator: ", ")
        try await say(
            .otherStorage,
            of: target,
            why: "it lies below \(paths), and not below \(root.path); name that as the storage "
                + "again to purge or restore it",
            ["runs": others.map(\.run.description).joined(separator: ",")]
        )
        return found
    }

    /// Says that all is on this storage by now, where that was said to be otherwise.
    func endOtherStorage(_ target: CleanupTarget, _ root: StorageRoot) async throws {
        guard try await elsewhere(target, root).isEmpty else { return }
        try await end(.otherStorage, of: target)
    }

    /// The same for the runs that have something in quarantine, without a word.
    func elsewhere(
        _ target: CleanupTarget,
        _ root: StorageRoot
    ) async throws -> [StorageState.Elsewhere] {
        var found: [StorageState.Elsewhere] = []
        for (run, _) in try await ledger.quarantines(of: target.row) {
            if let path = try await otherPlace(of: run, than: root) {
                found.append(StorageState.Elsewhere(run: run, path: path))
            }
        }
        return found
    }
}
