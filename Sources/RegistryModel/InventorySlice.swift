/// Content that manifests refer to, with the number of manifests that do.
package struct BlobFacts: Sendable, Hashable {
    /// The ledger's row.
    package var id: Int64
    package var size: Int64
    /// Manifests in any repository of the registry that refer to it, itself included for the
    /// content of a manifest.
    package var references: Int

    package init(id: Int64, size: Int64, references: Int) {
        self.id = id
        self.size = size
        self.references = references
    }
}

/// What the ledger knows of one manifest that is present in a repository.
package struct ManifestFacts: Sendable, Equatable {
    /// Whether its references are known.
    package enum Reading: Int, Sendable {
        case unread = 0
        case read = 1
        /// It could not be read, or has a format that is not understood: it may hold anything.
        case unreadable = 2
    }

    /// The ledger's row.
    package var id: Int64
    package var digest: Digest
    package var reading: Reading = .read
    /// The last push heard, or nil where none was.
    package var pushedAt: Timestamp?
    package var firstSeen: Timestamp
    /// Whether the registry itself refuses to delete it until somebody unlocks it.
    package var isLocked = false
    /// Since when no tag points to it; nil while one does.
    package var untaggedSince: Timestamp?
    /// The newest counted access of it or, for an index, of anything it holds.
    package var lastAccess: Timestamp?
    /// Accesses within the window of the policy that decides, those of an index's content included.
    package var inWindow = AccessCounts()
    /// Accesses within all of the kept history, those of an index's content included.
    package var inHistory = AccessCounts()
    /// Its own content, its configuration and its layers, each once.
    package var blobs: [BlobFacts] = []
    /// Tags that point to it.
    package var tags: [Int64] = []
    /// Present indexes that hold it.
    package var parents: [Int64] = []
    /// Present manifests that it holds.
    package var children: [Int64] = []
    /// Labels of its image configuration or, for an index, of all that it holds; nil where no
    /// policy asks.
    package var labels: LabelFacts?
    /// The present manifest that it is a referrer of.
    package var subject: Int64?
    /// Present manifests that are referrers of it.
    package var referrers: [Int64] = []
    /// Tags that are named for its digest (cosign's, and fallback tags).
    package var referrerTags: [Int64] = []

    package init(id: Int64, digest: Digest, firstSeen: Timestamp) {
        self.id = id
        self.digest = digest
        self.firstSeen = firstSeen
    }
}

/// What a registry told of a tag's pulls.
package struct ToldFacts: Sendable, Equatable {
    /// When it told.
    package var at: Timestamp
    /// The last pull; nil where there was none since the last push.
    package var lastPull: Timestamp?

    package init(at: Timestamp, lastPull: Timestamp?) {
        self.at = at
        self.lastPull = lastPull
    }
}

/// What the ledger knows of one tag that is present in a repository.
package struct TagFacts: Sendable, Equatable {
    /// The ledger's row.
    package var id: Int64
    package var repository: Int64
    package var name: TagName
    /// The manifest it points to, or nil where that is not known.
    package var manifest: Int64?
    /// When it was last pushed, or nil where no push was heard.
    package var pushedAt: Timestamp?
    package var firstSeen: Timestamp
    /// The newest counted access by this tag alone.
    package var lastAccess: Timestamp?
    package var inWindow = AccessCounts()
    package var inHistory = AccessCounts()
    /// What the registry itself tells of its pulls; nil where it does not.
    package var told: ToldFacts?
    /// Whether the registry itself refuses to delete it until somebody unlocks it.
    package var isLocked = false
    /// How many ordinary tags of the repository were pushed (else first seen) strictly later; not
    /// counted past the `newest` of the policy.
    package var newerTags = 0
    /// Where it stands among the versions of the repository; nil where it is none, or no policy asks.
    package var version: VersionStanding?
    /// The manifest named by a signature or fallback tag, when it is present in the repository.
    package var subject: Int64?
    /// Present indexes that hold the manifest so named, whether that is listed itself or not.
    package var holders: [Int64] = []
    /// Of a signature or fallback tag: whether some other tag of the repository points to what nobody
    /// knows, which it may belong to.
    package var mayBelongToUnknown = false

    package init(id: Int64, repository: Int64, name: TagName, firstSeen: Timestamp) {
        self.id = id
        self.repository = repository
        self.name = name
        self.firstSeen = firstSeen
    }
}

/// Why a repository could not be listed: what is known of it may be old.
package struct ListingFailure: Sendable, Equatable {
    /// The first of the failures in a row.
    package var since: Timestamp
    /// What the registry said; one line.
    package var why: String

    package init(since: Timestamp, why: String) {
        self.since = since
        self.why = why
    }
}

/// What the ledger knows of one repository.
package struct RepositoryFacts: Sendable, Equatable {
    /// The ledger's row.
    package var id: Int64
    package var registry: String
    package var name: RepositoryName
    package var tags = 0
    package var untagged = 0
    /// Manifests that are not read yet, or that can't be: they may hold anything here.
    package var unreadable = 0
    /// Bytes of all that its manifests refer to, each blob once.
    package var bytes: Int64 = 0
    /// Bytes that only its untagged manifests refer to within it.
    package var untaggedBytes: Int64 = 0
    /// Pushes heard since the repository is known; each trigger remembers how many it has counted.
    package var pushes = 0
    /// Why it could not be listed; nil where it was listed when it last was to be, or never yet.
    package var unlisted: ListingFailure?

    package init(id: Int64, registry: String, name: RepositoryName) {
        self.id = id
        self.registry = registry
        self.name = name
    }
}

/// A closed part of a registry's inventory: some candidates with all that their removal touches.
///
/// Closed means: every manifest or tag that a candidate's facts name is in the slice too, and so on
/// through parents, children, subjects, referrers and their tags.
package struct InventorySlice: Sendable, Equatable {
    package enum Candidate: Sendable, Hashable {
        case tag(Int64)
        /// A manifest without a tag.
        case untagged(Int64, repository: Int64)
    }

    /// In the order in which they are to be considered: least recently accessed first.
    package var candidates: [Candidate] = []
    package var repositories: [Int64: RepositoryFacts] = [:]
    package var tags: [Int64: TagFacts] = [:]
    package var manifests: [Int64: ManifestFacts] = [:]

    package init() {}
}
