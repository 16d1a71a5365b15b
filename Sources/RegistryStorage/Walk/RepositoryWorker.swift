import Foundation
import RegistryModel

/// What one thread finds in the repositories that it reads.
final class RepositoryWorker: Workbench {
    struct FoundRevision {
        var repository: UInt32
        var digest: PackedDigest
        var linkBytes: Int64
        var modified: Timestamp
    }

    struct FoundTag {
        var repository: UInt32
        var digest: PackedDigest
        var name: TagName
        var modified: Timestamp
    }

    /// Names of a folder that is too long for one job.
    struct Rest<Name> {
        var repository: UInt32
        var names: [Name]
    }

    let places: [RepositoryPlace]
    var revisions: [FoundRevision] = []
    var tags: [FoundTag] = []
    var leftOvers: [PackedDigest] = []
    var links: [FoundLink] = []
    var uploads: [PendingUpload] = []
    var emptyFolders: [EmptyFolder] = []
    var doubts: [(doubt: Doubt, repository: UInt32)] = []
    var extras: [(repository: UInt32, digest: PackedDigest)] = []
    var newest: [UInt32: Timestamp] = [:]
    var holdsMore: Set<UInt32> = []
    var digestRest: [Rest<PackedDigest>] = []
    var tagRest: [Rest<TagName>] = []

    init(root: StorageRoot, places: [RepositoryPlace]) {
        self.places = places
        super.init(root: root)
    }

    /// Does something with a folder of a repository; nothing where there is none.
    ///
    /// What can't be opened hides what the repository refers to.
    func withFolder(
        _ repository: UInt32,
        _ rest: String,
        _ body: (Int32) throws(StorageError) -> Void
    ) throws(StorageError) {
        let path = places[Int(repository)].path.below(rest)
        let descriptor = root.opening.open(
            root.descriptor,
            path.description,
            O_RDONLY | O_DIRECTORY
        )
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT: return
            case ENOTDIR: return doubt(repository, rest, .registry, Self.lostText)
            case ELOOP: return doubt(repository, rest, .registry, RepositoryDiscovery.linkText)
            default:
                let failure = root.failure(errno, "open", path)
                return doubt(repository, rest, .registry, "\(failure)")
            }
        }
        defer { close(descriptor) }
        try body(descriptor)
    }

    /// Looks at each entry; what can't be listed hides what the repository refers to.
    func list(
        _ repository: UInt32,
        _ rest: String,
        _ descriptor: Int32,
        _ body: (EntryName, FileKind) -> Void
    ) {
        let problem = entries.forEach(in: descriptor, body)
        guard problem != 0 else { return }
        let failure = root.failure(problem, "list", places[Int(repository)].path.below(rest))
        doubt(repository, rest, .registry, "\(failure)")
    }

    func doubt(_ repository: UInt32, _ rest: String, _ extent: Doubt.Extent, _ text: String) {
        let place = places[Int(repository)]
        let doubt = Doubt(
            path: place.path.below(rest),
            repository: place.name,
            extent: extent,
            text: text
        )
        doubts.append((doubt, repository))
    }

    /// Keeps what a name in a doubtful place may stand for.
    func keep(_ repository: UInt32, _ digest: PackedDigest) {
        extras.append((repository, digest))
    }

    private static let lostText = "a file in place of a folder; what that held is not known"

    func noteNewest(_ repository: UInt32, _ moment: Timestamp) {
        newest[repository] = max(newest[repository] ?? moment, moment)
    }
}
