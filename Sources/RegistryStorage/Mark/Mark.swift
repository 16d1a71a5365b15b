package import RegistryModel

/// What a registry's tree holds, what of it is needed, and what is not.
///
/// All lists are sorted, so that equal trees give equal marks.
package struct Mark: Sendable {
    /// Why an untagged manifest stays.
    package enum Hold: String, Sendable, Hashable, CaseIterable {
        case inKeptIndex
        case referrerOfKept
        /// It was condemned, and a tag that stays points to it.
        case taggedManifest
        /// Something in its repository could not be understood.
        case repositoryUnreadable
    }

    package struct KeptRevision: Sendable, Equatable {
        package var key: RevisionKey
        package var hold: Hold
    }

    package struct RepositoryState: Sendable, Equatable {
        package var name: RepositoryName
        /// The newest of its layer links and uploads: whether a push may be under way.
        package var newest: Timestamp?
        package var isDoubtful: Bool
    }

    package struct Totals: Sendable, Equatable {
        package var blobs = 0
        /// Of all blobs.
        package var bytes: Int64 = 0
        package var manifests = 0
        package var tags = 0
        package var repositories = 0
    }

    package var beganAt: Timestamp
    /// Every manifest that goes.
    package var untagged: [UntaggedRevision] = []
    /// Untagged or condemned, and held all the same.
    package var keptUntagged: [KeptRevision] = []
    package var unreferenced: [UnreferencedBlob] = []
    /// Links to what is neither there nor needed.
    package var danglingLinks: [LayerLink] = []
    package var uploads: [PendingUpload] = []
    /// Each after those that it holds.
    package var emptyFolders: [EmptyFolder] = []
    package var repositories: [RepositoryState] = []
    package var doubts: [Doubt] = []
    package var totals = Totals()
    /// Why references could not be had from the store, or kept there; the mark is whole without.
    package var storeTrouble: String?
    /// Manifests that were taken before, and that something needs which stays in their own
    /// repository.
    package var wantedAgain: Set<RevisionKey> = []
    /// Layer links that were taken before, and that something needs which stays in their own
    /// repository.
    package var wantedLinks: Set<RevisionKey> = []
    /// What was deleted before, and is needed by manifests that stay.
    package var missed: [MissedContent] = []
    var needs = NeededBlobs()

    package init(beganAt: Timestamp) { self.beganAt = beganAt }

    /// Whether something that stays needs this content: as a manifest, configuration or layer, or
    /// because a repository links it of which something could not be understood.
    package func isNeeded(_ digest: Digest) -> Bool {
        guard let packed = PackedDigest(digest) else { return true }
        return needs.contains(packed)
    }

    /// Whether something that stays needs a link that was taken before, in its own repository.
    package func wantsLink(_ link: RevisionKey) -> Bool {
        needs.holdsEverything || wantedLinks.contains(link)
    }
}

/// The content that something needs which stays.
struct NeededBlobs: Sendable {
    var table = DigestTable()
    var numbers = NumberSet()
    /// Whether references may hide, so that anything may be needed.
    var holdsEverything = false

    func contains(_ digest: PackedDigest) -> Bool {
        holdsEverything || names(digest)
    }

    /// Whether something is known that needs it.
    func names(_ digest: PackedDigest) -> Bool {
        table.number(of: digest).map { numbers.contains($0) } ?? false
    }

    mutating func insert(_ digest: PackedDigest) { numbers.insert(table.add(digest)) }
}
