import AccessLedger
import RegistryModel
import RegistryStorage

extension StorageSweeper {
    /// Links of what is in quarantine go, or come back, with that: also of what another ledger's run
    /// has there.
    func withoutHeldLinks(
        _ removals: [Taking],
        _ root: StorageRoot,
        _ target: CleanupTarget
    ) async throws -> [Taking] {
        let linked = Set(
            removals.lazy.filter { $0.reason == .danglingLink }.compactMap(\.digest)
        )
        guard !linked.isEmpty else { return removals }
        let known = Set(try await ledger.quarantinedDigests(of: target.row).keys)
        let held = known.union(
            try await offPool { try Quarantine(root: root).held(of: linked.subtracting(known)) }
        )
        return removals.filter { removal in
            removal.reason != .danglingLink || !(removal.digest.map(held.contains) ?? false)
        }
    }
}
