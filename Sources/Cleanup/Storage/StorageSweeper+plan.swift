package import AccessLedger
package import RegistryModel

extension StorageSweeper {
    /// Plans and stores what would go, and stops there.
    ///
    /// - Returns: The plan, and the bytes of the blobs in it that the manifests release which are to go
    ///   before: who counts with those counts them there.
    package func plan(
        _ request: StorageRequest,
        of target: CleanupTarget
    ) async throws -> (run: RunRecord, releasedBefore: [Digest: Int64]) {
        var draft = try await draft(request, of: target)
        draft.run.state = .planned
        let wants = Cleaner.onlyPlanned(draft.run.cause, isEmpty: draft.run.storage.isEmpty)
        let held = brakeHit(draft, request).map(Cleaner.wouldWait)
        draft.run.note = Cleaner.joined([wants, held ?? "", draft.run.note])
        draft.run.endedAt = now()
        try await ledger.create(draft.run)
        return (draft.run, draft.releasedBefore)
    }
}
