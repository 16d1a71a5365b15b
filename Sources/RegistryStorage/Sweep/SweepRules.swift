package import RegistryModel

/// What of a mark may go now (design, section 5.8, point 2).
package struct SweepRules: Sendable {
    package struct Scope: OptionSet, Sendable {
        package let rawValue: Int

        package init(rawValue: Int) { self.rawValue = rawValue }

        package static let blobs = Scope(rawValue: 1)
        /// Links to what is not there.
        package static let links = Scope(rawValue: 2)
        package static let uploads = Scope(rawValue: 4)
        /// Untagged manifests.
        package static let revisions = Scope(rawValue: 8)
        package static let emptyFolders = Scope(rawValue: 16)
        package static let everything: Scope = [
            .blobs, .links, .uploads, .revisions, .emptyFolders,
        ]
    }

    /// Nothing younger goes.
    package var grace: Span
    /// An upload is given up this long after its last write, also with `isNow`.
    package var uploadAge: Span
    /// How long a push that is under way keeps the layers it may have found there.
    package var slowPush: Span
    /// Waives `grace`, and with it `slowPush`.
    package var isNow: Bool
    /// Whether the content of manifests stays, for a registry that can't be made to forget it.
    package var leavesManifestData: Bool
    /// Content that may be a manifest's, though the registry's folders do not say so any more.
    package var manifestLike: Set<Digest> = []
    /// Whether the manifests that are condemned are removed by others before the sweep: they hold
    /// nothing, and are not among what goes.
    package var manifestsGoBefore = false
    package var scope: Scope
    /// The repositories that may lose something; nil for all.
    package var repositories: (@Sendable (RepositoryName) -> Bool)?
    /// When an event last named a digest.
    package var lastNamed: @Sendable (Digest) -> Timestamp?

    package init(
        grace: Span = .hours(1),
        uploadAge: Span = .hours(24),
        slowPush: Span = .hours(24),
        isNow: Bool = false,
        leavesManifestData: Bool = false,
        scope: Scope = .everything,
        repositories: (@Sendable (RepositoryName) -> Bool)? = nil,
        lastNamed: @escaping @Sendable (Digest) -> Timestamp? = { _ in nil }
    ) {
        self.grace = grace
        self.uploadAge = uploadAge
        self.slowPush = slowPush
        self.isNow = isNow
        self.leavesManifestData = leavesManifestData
        self.scope = scope
        self.repositories = repositories
        self.lastNamed = lastNamed
    }
}
