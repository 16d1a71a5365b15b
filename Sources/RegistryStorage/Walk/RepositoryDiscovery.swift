import Foundation
import RegistryModel

/// The walk over namespaces that finds the repositories, which nest.
///
/// A folder is one when it holds `_manifests`, `_layers` or `_uploads`.
struct RepositoryDiscovery {
    private(set) var places: [RepositoryPlace] = []
    private(set) var doubts: [Doubt] = []
    private(set) var emptyFolders: [EmptyFolder] = []
    private let root: StorageRoot
    private let entries = EntryReader()
    private var waiting: [StoragePath] = [.repositories]

    /// Walks them all; an error leaves repositories unfound, and is thrown.
    init(root: StorageRoot) throws(StorageError) {
        self.root = root
        while let folder = waiting.popLast() { try visit(folder) }
        places.sort { $0.path < $1.path }
    }

    /// Whether repositories may hide where they can't be found.
    var hidesReferences: Bool { doubts.contains { $0.extent == .registry } }

    private mutating func visit(_ path: StoragePath) throws(StorageError) {
        let descriptor = root.opening.open(
            root.descriptor,
            path.description,
            O_RDONLY | O_DIRECTORY
        )
        guard descriptor >= 0 else {
            switch errno {
            // Gone meanwhile, or no folder any more.
            case ENOENT, ENOTDIR: return
            case ELOOP: return doubt(path, .registry, Self.linkText)
            default: throw root.failure(errno, "open", path)
            }
        }
        defer { close(descriptor) }
        var found: [(name: String?, text: String, kind: FileKind)] = []
        let problem = entries.forEach(in: descriptor) { name, kind in
            found.append((name.exactText, name.text, kind))
        }
        guard problem == 0 else { throw root.failure(problem, "list", path) }
        if found.isEmpty, path != .repositories { noteEmpty(path, descriptor) }
        var isRepository = false
        for entry in found {
            let place = path.below(entry.text)
            switch entry.text {
            case "_manifests", "_layers", "_uploads":
                isRepository = true
                if entry.kind == .link { doubt(place, .registry, Self.linkText) }
            default: take(entry.name, place, entry.kind)
            }
        }
        if isRepository { places.append(RepositoryPlace(path: path, name: Self.name(of: path))) }
    }

    private mutating func take(_ name: String?, _ place: StoragePath, _ kind: FileKind) {
        // Reserved: a registry serves no repository of such a name.
        if let name, name.hasPrefix("_") { return }
        switch kind {
        case .folder:
            guard name != nil else {
                return doubt(place, .registry, "its name is not UTF-8, so it can't be looked into")
            }
            if Self.name(of: place) == nil {
                doubt(place, .entry, "it is no repository's name; all in it is kept")
            }
            waiting.append(place)
        case .link: doubt(place, .registry, Self.linkText)
        case .file, .other: doubt(place, .entry, "a file where only repositories belong")
        }
    }

    private mutating func noteEmpty(_ path: StoragePath, _ descriptor: Int32) {
        var status = stat()
        guard let name = Self.name(of: path), fstat(descriptor, &status) == 0 else { return }
        emptyFolders.append(
            EmptyFolder(path: path, repository: name, modified: Timestamp(modified: status))
        )
    }

    private mutating func doubt(_ path: StoragePath, _ extent: Doubt.Extent, _ text: String) {
        doubts.append(Doubt(path: path, repository: nil, extent: extent, text: text))
    }

    private static func name(of path: StoragePath) -> RepositoryName? {
        RepositoryName(path.description.dropFirst(StoragePath.repositories.description.count + 1))
    }

    static let linkText = "a symbolic link, which is not followed, may hide what is needed"
}
