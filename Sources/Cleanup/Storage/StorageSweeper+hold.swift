import AccessLedger
import RegistryModel

// Sweeps that a brake holds.
extension StorageSweeper {
    /// Stores a plan that waits for approval, unless the same waits already.
    func hold(
        _ planned: RunRecord,
        _ hit: String,
        _ target: CleanupTarget
    ) async throws -> RunRecord {
        var run = planned
        run.fingerprint = Self.fingerprint(of: run.storage)
        let known = try await ledger.waitingRun(
            run.fingerprint,
            ofCause: run.cause,
            scope: run.scope
        )
        if let known { return known }
        run.state = .waiting
        run.note = "\(hit); `lastpull approve \(run.name)` carries it out"
        try await ledger.create(run, announcing: [waiting(run, target)], endsOlder: true)
        return run
    }

    /// Equal for sweeps that would take the same.
    private static func fingerprint(of items: PackedList<StorageItem>) -> String {
        let text = items.lazy.map(\.identity).sorted().joined(separator: "\n")
        return Digest(hashing: Array(text.utf8)).description
    }

    /// Why a sweep waits for approval, or nil.
    func brakeHit(_ draft: Draft, _ request: StorageRequest) -> String? {
        guard let limit = request.brake, let total = draft.total, total > 0 else { return nil }
        let bytes = draft.run.storage.reduce(0) { $0 + $1.bytes }
        let share = 100 * Double(bytes) / Double(total)
        guard share > limit else { return nil }
        return "brake: \(ByteCount(bytes)) are \(Int(share.rounded())) % of the registry, "
            + "at most \(Int(limit.rounded())) % go without approval"
    }
}
