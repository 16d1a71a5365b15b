import RegistryModel
import RegistryStorage

extension StorageSweeper {
    /// Why nothing is taken, whatever there is; empty where nothing is in the way.
    func obstacle(
        to request: StorageRequest,
        _ target: CleanupTarget,
        _ presence: RegistryPresence,
        _ time: Timestamp
    ) async throws -> String {
        guard !request.isNow else { return "" }
        if target.afterSweep.isEmpty, presence.hasStubbornMemory { return Self.stuck }
        // What was named by hand goes whatever its age.
        guard request.images == nil, let doubt = try await clock.doubt(at: time) else { return "" }
        return "\(doubt)"
    }

    /// Such a registry would answer with layers that are not there, since it fetches nothing that it
    /// believes to have.
    private static let stuck =
        "nothing is taken: a pull-through cache with a descriptor cache takes no deletes, so nothing "
        + "makes it forget what is swept; set afterSweep to a command that restarts it"
}
