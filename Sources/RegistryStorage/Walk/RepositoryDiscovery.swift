import Foundation
import RegistryModel

/// The walk over namespaces that finds the repositories, which nest.
///
/// A folder is one when it holds `_manifests`, `_layers` or `_uploads`.
struct RepositoryDiscovery {
    private(set) var places: [RepositoryPlace] = []
    private(set) var doubts: [Doubt] = []
    private(set) var emptyFolders: [EmptyFolder] = []

    /// Walks them all, level by level; an error leaves repositories unfound, and is thrown.
    init(root: StorageRoot, crew: Crew) throws(StorageError) {
        var level: [StoragePath] = [.repositories]
        while !level.isEmpty {
            let folders = level
            let makeWorker = { Worker(root: root) }
            let workers = try crew.run(folders.count, makeWorker) {
                worker,
                index throws(StorageError) in
                try worker.visit(folders[index])
            }
            level = workers.flatMap(\.inner)
            places += workers.flatMap(\.places)
            doubts += workers.flatMap(\.doubts)
            emptyFolders += workers.flatMap(\.emptyFolders)
        }
        places.sort { $0.path < $1.path }
    }

    /// Whether repositories may hide where they can't be found.
    var hidesReferences: Bool { doubts.contains { $0.extent == .registry } }

    static let linkText = "a symbolic link, which is not followed, may hide what is needed"
}

extension RepositoryDiscovery {
    /// What one thread finds in the folders of one level.
    private final class Worker: Workbench {
        var places: [RepositoryPlace] = []
        var doubts: [Doubt] = []
        var emptyFolders: [EmptyFolder] = []
        /// Folders of the next level.
        var inner: [StoragePath] = []

        func visit(_ path: StoragePath) throws(StorageError) {
            let descriptor = root.opening.open(
                root.descriptor,
                path.description,
                O_RDONLY | O_DIRECTORY
            )
            guard descriptor >= 0 else {
                switch errno {
                // Gone meanwhile, or no folder any more.
                case ENOENT, ENOTDIR: return
                case ELOOP: return doubt(path, .registry, RepositoryDiscovery.linkText)
                default: throw root.failure(errno, "open", path)
                }
            }
            defer { close(descriptor) }
            var isEmpty = true
            var isRepository = false
            let problem = entries.forEach(in: descriptor) { name, kind in
                isEmpty = false
                let text = name.text
                switch text {
                case "_manifests", "_layers", "_uploads":
                    isRepository = true
                    guard kind == .link else { return }
                    doubt(path.below(text), .registry, RepositoryDiscovery.linkText)
                default: take(name.exactText, path.below(text), kind)
                }
            }
            guard problem == 0 else { throw root.failure(problem, "list", path) }
            if isEmpty, path != .repositories { noteEmpty(path, descriptor) }
            guard isRepository else { return }
            places.append(RepositoryPlace(path: path, name: Self.name(of: path)))
        }

        private func take(_ name: String?, _ place: StoragePath, _ kind: FileKind) {
            // Reserved: a registry serves no repository of such a name.
            if let name, name.hasPrefix("_") { return }
            switch kind {
            case .folder:
                guard name != nil else {
                    return doubt(
                        place,
                        .registry,
                        "its name is not UTF-8, so it can't be looked into"
                    )
                }
                if Self.name(of: place) == nil {
                    doubt(place, .entry, "it is no repository's name; all in it is kept")
                }
                inner.append(place)
            case .link: doubt(place, .registry, RepositoryDiscovery.linkText)
            case .file, .other: doubt(place, .entry, "a file where only repositories belong")
            }
        }

        private func noteEmpty(_ path: StoragePath, _ descriptor: Int32) {
            var status = stat()
            guard let name = Self.name(of: path), fstat(descriptor, &status) == 0 else { return }
            emptyFolders.append(
                EmptyFolder(path: path, repository: name, modified: Timestamp(modified: status))
            )
        }

        private func doubt(_ path: StoragePath, _ extent: Doubt.Extent, _ text: String) {
            doubts.append(Doubt(path: path, repository: nil, extent: extent, text: text))
        }

        private static func name(of path: StoragePath) -> RepositoryName? {
            let prefix = StoragePath.repositories.description.utf8.count + 1
            return RepositoryName(Substring(path.description.utf8.dropFirst(prefix)))
        }
    }
}
