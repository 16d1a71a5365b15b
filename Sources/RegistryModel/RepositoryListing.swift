/// All that a registry's own API tells of one repository, as Docker Hub's and Azure's do.
package struct RepositoryListing: Sendable, Equatable {
    package var tags: PackedList<ListedTag>
    /// Manifests by digest, those of tags included where the registry lists them.
    package var manifests: PackedList<ListedManifest>
    /// What manifests hold that tags are named for, and that is not listed itself.
    package var holdings: [Holding] = []
    /// Whether nothing is missing: pages that shift while they are read may hide a tag.
    package var isWhole: Bool

    package init(
        tags: PackedList<ListedTag> = [],
        manifests: PackedList<ListedManifest> = [],
        isWhole: Bool = true
    ) {
        self.tags = tags
        self.manifests = manifests
        self.isWhole = isWhole
    }

    /// A manifest that another one holds, such as a platform of an index.
    package struct Holding: Sendable, Hashable {
        package var holder: Digest
        package var held: Digest

        package init(holder: Digest, held: Digest) {
            self.holder = holder
            self.held = held
        }
    }
}

/// What a registry itself says of an image's last pull.
package enum ToldUse: Sendable, Hashable {
    /// It was never pulled since it was pushed.
    case never
    case at(Timestamp)
}

/// One tag of a listing.
package struct ListedTag: Sendable, Equatable {
    package var name: TagName
    /// Nil where the registry does not say what the tag points to.
    package var digest: Digest?
    package var pushedAt: Timestamp?
    /// Nil where the registry does not tell of pulls.
    package var use: ToldUse?
    /// Whether the registry refuses to change or delete it until somebody unlocks it.
    package var isLocked: Bool

    package init(
        name: TagName,
        digest: Digest?,
        pushedAt: Timestamp? = nil,
        use: ToldUse? = nil,
        isLocked: Bool = false
    ) {
        self.name = name
        self.digest = digest
        self.pushedAt = pushedAt
        self.use = use
        self.isLocked = isLocked
    }
}

/// One manifest of a listing.
package struct ListedManifest: Sendable, Equatable {
    package var digest: Digest
    package var mediaType: String?
    package var pushedAt: Timestamp?
    package var isLocked: Bool
    /// What it holds, where the listing says all that is to be known; nil has to be read.
    package var content: ManifestContent?

    package init(
        digest: Digest,
        mediaType: String? = nil,
        pushedAt: Timestamp? = nil,
        isLocked: Bool = false,
        content: ManifestContent? = nil
    ) {
        self.digest = digest
        self.mediaType = mediaType
        self.pushedAt = pushedAt
        self.isLocked = isLocked
        self.content = content
    }
}
