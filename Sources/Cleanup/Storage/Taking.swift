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
    /// All but the layer links.
    var files: [StoragePath]
    var links: [LayerLink]

    /// Why something goes from the disk.
    enum Reason: String, CaseIterable {
        /// No manifest that stays needs the blob.
        case unreferenced
        /// A layer link to what is not there.
        case danglingLink
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
        let linked = Set(links.map(\.path))
        files = Self.inOrder(
            linked.isEmpty ? removal.files : removal.files.filter { !linked.contains($0) }
        )
    }

    init(_ tag: ImageRemoval.TagFolder) {
        kind = .tag
        reason = .notProtected
        digest = tag.digest
        repository = tag.key.repository
        name = tag.key.tag.description
        bytes = tag.bytes
        files = Self.inOrder(tag.files)
        links = []
    }

    /// The order in which files go, so that what a kill leaves is a valid tree: what only remembers
    /// a manifest, then what makes it one, then the content, which other links may still name.
    private static func inOrder(_ files: [StoragePath]) -> [StoragePath] {
        func rank(_ path: StoragePath) -> Int {
            switch path.place {
            case .tagIndex: 0
            case .tagCurrent, .revision: 1
            default: 2
            }
        }
        guard files.count > 1 else { return files }
        let ranks = files.map(rank)
        return (0...2).flatMap { own in zip(files, ranks).filter { $1 == own }.map(\.0) }
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

    /// What the registry has to forget of it: nothing remembers uploads, tags and revisions.
    var forgettable: Forgettable {
        Forgettable(blob: kind == .blob ? digest : nil, links: links)
    }

    /// Unlinks its files, then what folders that leaves empty.
    func remove(by remover: Remover) throws {
        for path in files + links.map(\.path) { _ = try remover.removeFile(path) }
        try removeEmptied { try remover.removeEmptyFolder($0) }
    }

    /// Removes the folders that hold nothing without its files.
    func removeEmptied(from root: StorageRoot) throws {
        try removeEmptied { try root.removeEmptyFolder($0) }
    }

    private func removeEmptied(_ removeEmptyFolder: (StoragePath) throws -> Bool) throws {
        for path in files + links.map(\.path) {
            var folder = path.parent
            while let empty = folder, empty.parent?.isContainer == false || empty.isOwnFolder {
                guard try removeEmptyFolder(empty) else { break }
                guard kind == .upload || kind == .tag, !empty.isOwnFolder else { break }
                folder = empty.parent
            }
        }
    }
}

extension LayerLink {
    var path: StoragePath { .layerLink(repository, digest) }
}

extension StoragePath {
    /// Whether the folders in it belong to one upload or tag each.
    fileprivate var isContainer: Bool { name == "_uploads" || name == "tags" }

    /// Whether it is the folder of one upload or tag.
    fileprivate var isOwnFolder: Bool { parent?.isContainer ?? false }
}
