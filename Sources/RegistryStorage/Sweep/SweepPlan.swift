package import RegistryModel

/// What of a mark may go now; a pure function of mark, rules and time.
package struct SweepPlan: Sendable {
    /// Blobs, manifests, uploads, links, folders; sorted within each.
    package var removals: [Removal] = []
    package var kept: [KeepReason: Int] = [:]

    /// What all removals give back.
    package var bytes: Int64 { removals.reduce(0) { $0 + $1.bytes } }

    package init(_ mark: Mark, rules: SweepRules, now: Timestamp) {
        fatalError("not built yet")
    }
}
