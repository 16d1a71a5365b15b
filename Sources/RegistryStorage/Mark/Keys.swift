package import RegistryModel

/// A manifest of one repository.
package struct RevisionKey: Sendable, Hashable, Comparable {
    package var repository: RepositoryName
    package var digest: Digest

    package init(repository: RepositoryName, digest: Digest) {
        self.repository = repository
        self.digest = digest
    }

    package static func < (left: RevisionKey, right: RevisionKey) -> Bool {
        (left.repository, left.digest) < (right.repository, right.digest)
    }
}

/// A tag of one repository.
package struct TagKey: Sendable, Hashable, Comparable {
    package var repository: RepositoryName
    package var tag: TagName

    package init(repository: RepositoryName, tag: TagName) {
        self.repository = repository
        self.tag = tag
    }

    package static func < (left: TagKey, right: TagKey) -> Bool {
        (left.repository, left.tag) < (right.repository, right.tag)
    }
}

/// What is taken as gone already when marking.
package struct Condemned: Sendable {
    package var tags: Set<TagKey>
    /// Manifests that go, unless a tag that stays or structure holds them.
    package var revisions: Set<RevisionKey>
    /// Whether every manifest goes that no tag and no structure holds.
    package var allUntagged: Bool
    /// Manifests that are out of sight already; the mark says which of them are wanted again.
    package var taken: Set<RevisionKey>
    /// Layer links that are out of sight already, by repository and digest; the mark says which of
    /// them are wanted again.
    package var takenLinks: Set<RevisionKey>
    /// Content that was deleted before; the mark says what of it is missed.
    package var gone: Set<Digest>

    package init(
        tags: Set<TagKey> = [],
        revisions: Set<RevisionKey> = [],
        allUntagged: Bool = false,
        taken: Set<RevisionKey> = [],
        takenLinks: Set<RevisionKey> = [],
        gone: Set<Digest> = []
    ) {
        self.tags = tags
        self.revisions = revisions
        self.allUntagged = allUntagged
        self.taken = taken
        self.takenLinks = takenLinks
        self.gone = gone
    }
}

/// Content that was deleted, and the manifest of one repository that needs it and stays.
package struct MissedContent: Sendable, Hashable, Comparable {
    package var digest: Digest
    package var manifest: RevisionKey
    /// A tag of the manifest's; nil where only its digest, or an index, names it.
    package var tag: TagName?

    /// Whether it is the manifest itself.
    package var isManifest: Bool { digest == manifest.digest }

    package static func < (left: MissedContent, right: MissedContent) -> Bool {
        (left.manifest, left.digest) < (right.manifest, right.digest)
    }
}
