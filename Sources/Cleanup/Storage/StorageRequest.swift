import RegistryModel
package import RegistryStorage

/// What a sweep of a registry's storage is asked to take.
package struct StorageRequest: Sendable {
    package var cause: Cleaner.Cause
    /// What it was planned over, for planning it again at approval.
    package var scope: CleanupScope
    /// Tags and revisions that are taken as gone already.
    package var condemned = Condemned()
    /// Whether the revisions that are condemned are removed over the registry's API, before.
    package var manifestsGoBefore = false
    /// What kinds of things may go.
    package var kinds: SweepRules.Scope
    /// Only what belongs to these images, with the images themselves; nil for the whole.
    package var images: [ImageReference]?
    /// Waives quarantine, grace and evidence: for a registry that is stopped.
    package var isNow = false
    /// Percent of the registry's bytes above which a plan waits for approval; nil for none.
    package var brake: Double?
    /// Whether a sweep that finds nothing leaves no run behind.
    package var isSilentWhenEmpty = false
    /// Carries out only what is in here, by `StorageItem.identity`.
    package var only: Set<String>?

    package init(cause: Cleaner.Cause, scope: CleanupScope, kinds: SweepRules.Scope) {
        self.cause = cause
        self.scope = scope
        self.kinds = kinds
    }

    /// The share of a registry that one sweep takes without approval (design, section 5.3).
    package static let standardBrake: Double = 30
}
