import AccessLedger
import RegistryModel
import RegistryStorage

/// One thing that a sweep takes, with every file that goes with it.
struct Taking: Sendable {
    var kind: StorageItem.Kind
    var digest: Digest?
    var repository: RepositoryName?
    /// The tag, or the upload.
    var name: String?
    var reason: Reason
    var bytes: Int64
    private var own: OwnFiles
    var links: [LayerLink]

    /// All but the layer links, in the order in which they go.
    var files: [StoragePath] { own.paths(repository, digest) }

    /// Why something goes from the disk.
    enum Reason: String, CaseIterable {
        /// No manifest that stays needs the blob.
        case unreferenced
        /// A layer link to what is not there.
        case danglingLink
        /// A layer link of a repository that was named by hand, to what others need.
        case sharedLayer
        /// No tag, no index and no subject holds the manifest.
        case untagged
        /// Nothing was written to the upload for a day.
        case staleUpload
        /// It was named by hand.
        case notProtected
    }

    init?(_ removal: Removal) {
        switch removal.kind {
        case .blob: (kind, reason) = (.blob, .unreferenced)
        case .link: (kind, reason) = (.blob, .danglingLink)
        case .manifest: (kind, reason) = (.manifest, .untagged)
        case .upload: (kind, reason) = (.upload, .staleUpload)
        case .folder: return nil
        }
        digest = removal.digest
        repository = removal.repository ?? removal.links.map(\.repository).min()
        name = removal.upload?.description
        bytes = removal.bytes
        links = removal.links
        own = removal.own
    }

    init(_ tag: ImageRemoval.TagFolder) {
        kind = .tag
        reason = .notProtected
        digest = tag.digest
        repository = tag.key.repository
        name = tag.key.tag.description
        bytes = tag.bytes
        // What only remembers manifests goes before what the tag points to.
        own = OwnFiles(
            listed: tag.files.filter { $0.place == .tagIndex }
                + tag.files.filter { $0.place != .tagIndex }
        )
        links = []
    }

    func item(_ ordinal: Int, _ registry: RegistryRow) -> StorageItem {
        StorageItem(
            ordinal: ordinal,
            registry: registry,
            kind: kind,
            digest: digest,
            repository: repository,
            name: name,
            reason: reason.rawValue,
            bytes: bytes
        )
    }

    /// Whether it is a layer link alone.
    var isLinkOnly: Bool { reason.isLinkOnly }

    /// With the reason that a link has by whether what it leads to is there.
    func judged(on root: StorageRoot) throws(StorageError) -> Taking {
        guard reason == .danglingLink, let digest,
            try root.facts(.blobData(digest)) != nil
        else { return self }
        var judged = self
        judged.reason = .sharedLayer
        return judged
    }

    /// What the registry has to forget of it: nothing remembers uploads, tags and revisions.
    var forgettable: Forgettable {
        Forgettable(
            blob: kind == .blob ? digest : nil,
            links: links,
            isShared: reason == .sharedLayer
        )
    }

    /// Removes its files, in their order.
    func removeFiles(from root: StorageRoot) throws {
        for path in files { _ = try root.removeFile(path) }
    }

    /// Removes the folders that hold nothing without its files.
    func removeEmptied(from root: StorageRoot) throws {
        for path in files + links.map(\.path) {
            var folder = path.parent
            while let empty = folder, empty.parent?.isContainer == false || empty.isOwnFolder {
                guard try root.removeEmptyFolder(empty) else { break }
                guard kind == .upload || kind == .tag, !empty.isOwnFolder else { break }
                folder = empty.parent
            }
        }
    }
}

extension Taking.Reason {
    /// Whether it is about a layer link, and not about a blob with all links to it.
    var isLinkOnly: Bool { self == .danglingLink || self == .sharedLayer }
}

extension StoragePath {
    /// Whether the folders in it belong to one upload or tag each.
    fileprivate var isContainer: Bool { name == "_uploads" || name == "tags" }

    /// Whether it is the folder of one upload or tag.
    fileprivate var isOwnFolder: Bool { parent?.isContainer ?? false }
}
