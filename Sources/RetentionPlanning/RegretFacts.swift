package import RegistryModel

/// A request for something that a run removed, as planning heeds it (design, section 5.11).
package struct RegretFacts: Sendable, Equatable {
    package enum Kind: Sendable {
        /// A tag.
        case tag
        /// A manifest that had no tag.
        case manifest
        /// A manifest that went along with an index or a subject.
        case along
    }

    /// The repository's row.
    package var repository: Int64
    package var kind: Kind
    /// The policy that had removed it; nil for a sweep by default rules.
    package var policy: String?
    package var at: Timestamp
    /// Whether a plan of the policy was approved since: it then pauses the policy no longer.
    package var isApproved: Bool

    package init(
        repository: Int64,
        kind: Kind,
        policy: String?,
        at: Timestamp,
        isApproved: Bool = false
    ) {
        self.repository = repository
        self.kind = kind
        self.policy = policy
        self.at = at
        self.isApproved = isApproved
    }
}

extension [RegretFacts] {
    /// The newest regret of each of a repository's own kinds of images: tags, and untagged ones.
    ///
    /// What went along with something is like either.
    func newest(of repository: Int64) -> (tags: Timestamp?, untagged: Timestamp?) {
        let own = filter { $0.repository == repository }
        return (
            tags: own.filter { $0.kind != .manifest }.map(\.at).max(),
            untagged: own.filter { $0.kind != .tag }.map(\.at).max()
        )
    }
}
