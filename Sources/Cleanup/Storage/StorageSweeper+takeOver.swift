import AccessLedger
import Logging
package import RegistryModel
import RegistryStorage

// A registry is called otherwise now, and what a sweep took from it lies where it was.
extension StorageSweeper {
    /// Takes over what registries that the settings do not name any more have left in the quarantine of
    /// a storage, so that it comes back, is purged and is put back as all else there.
    ///
    /// Nothing is done while another process works on the storage. What no run of the ledger answers
    /// for stays as it is.
    ///
    /// - Returns: The runs.
    @discardableResult
    package func takeOver(_ target: CleanupTarget) async throws -> [RunName] {
        guard target.storage != nil, let root = try? open(target) else { return [] }
        guard try await strays(target, root).contains(where: \.isTakenOver) else { return [] }
        do {
            let lock = try RunLock(ledger: ledger.path, registry: target.row.name)
            defer { withExtendedLifetime(lock) {} }
            let own = try storageLock(root, target)
            defer { withExtendedLifetime(own) {} }
            let strays = try await strays(target, root).filter(\.isTakenOver)
            for stray in strays {
                try await ledger.handOver(storageOf: stray.run, to: target.row)
                logger.notice(
                    "took over what a registry of another name has in quarantine",
                    metadata: [
                        "registry": "\(target.row.name)", "run": "\(stray.run)",
                        "former": "\(stray.registry ?? "")", "bytes": "\(stray.bytes)",
                    ]
                )
            }
            return strays.map(\.run)
        } catch CleanupError.alreadyRunning {
            return []
        }
    }

    /// Says what lies in the quarantine of a storage and is nobody's.
    package func sayStrays(_ target: CleanupTarget) async throws {
        guard target.storage != nil, let root = try? open(target) else { return }
        for stray in try await strays(target, root) {
            logger.warning(
                "something in quarantine is not this registry's; `lastpull check` says what to do",
                metadata: [
                    "registry": "\(target.row.name)", "run": "\(stray.run)",
                    "former": "\(stray.registry ?? "")", "bytes": "\(stray.bytes)",
                ]
            )
        }
    }

    /// Folders with something in them that was taken with another ledger or under another name, or left
    /// behind.
    func strays(
        _ target: CleanupTarget,
        _ root: StorageRoot
    ) async throws -> [StorageState.Stray] {
        let known = Set(try await ledger.quarantines(of: target.row).map(\.run))
        let quarantine = Quarantine(root: root)
        var strays: [StorageState.Stray] = []
        for name in try await offPool({ try quarantine.runs() }) where !known.contains(name) {
            let run = try await ledger.run(name)
            let former = run?.storage.first?.registry
            if run?.state == .running, former == nil || former == target.row { continue }
            let files = try await offPool { try quarantine.contents(of: name) }
            guard !files.isEmpty else { continue }
            let isOpen =
                run?.storage.contains { $0.state == .quarantined || $0.state == .started } ?? false
            var stray = StorageState.Stray(run: name, bytes: files.reduce(0) { $0 + $1.size })
            if let former, former != target.row {
                stray.registry = former.name
                stray.isTakenOver = isOpen && names?.contains(former.name) == false
            }
            strays.append(stray)
        }
        return strays
    }
}
