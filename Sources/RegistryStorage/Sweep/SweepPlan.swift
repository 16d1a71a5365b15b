package import RegistryModel

/// What of a mark may go now; a pure function of mark, rules and time.
package struct SweepPlan: Sendable {
    /// Blobs, manifests, uploads, links, folders; each in the mark's order.
    package var removals: [Removal] = []
    /// How much stays that nothing needs, and why.
    package var kept: [KeepReason: Int] = [:]

    /// What all removals give back.
    package var bytes: Int64 { removals.reduce(0) { $0 + $1.bytes } }

    package init(_ mark: Mark, rules: SweepRules, now: Timestamp) {
        var draft = SweepDraft(mark, rules: rules, now: now)
        draft.decideManifests()
        draft.decideBlobs()
        draft.decideUploads()
        draft.decideLinks()
        draft.decideFolders()
        kept = draft.kept
        // Taken over, and not copied: there may be very many.
        removals = draft.blobs
        draft.blobs = []
        removals.reserveCapacity(removals.count + draft.manifests.count + draft.others.count)
        removals += draft.manifests
        removals += draft.others
    }
}
