package import RegistryModel

/// What of a mark may go now; a pure function of mark, rules and time.
package struct SweepPlan: Sendable {
    /// Blobs, manifests, uploads, links, folders; each in the mark's order.
    package var removals: [Removal] = []
    /// How much stays that nothing needs, and why.
    package var kept: [KeepReason: Int] = [:]
    /// The bytes of the blobs that go and that nothing but manifests needed which others remove
    /// before.
    package var releasedBefore: [Digest: Int64] = [:]

    /// What all removals give back.
    package var bytes: Int64 { removals.reduce(0) { $0 + $1.bytes } }

    package init(_ mark: Mark, rules: SweepRules, now: Timestamp) {
        var draft = SweepDraft(mark, rules: rules, now: now)
        if rules.manifestsGoBefore {
            draft.releaseManifests()
        } else {
            draft.decideManifests()
        }
        draft.decideBlobs()
        draft.decideUploads()
        draft.decideLinks()
        draft.decideFolders()
        kept = draft.kept
        releasedBefore = draft.releasedBefore
        // Taken over, and not copied: there may be very many.
        removals = draft.blobs
        draft.blobs = []
        removals.reserveCapacity(removals.count + draft.manifests.count + draft.others.count)
        removals += draft.manifests
        removals += draft.others
    }
}
