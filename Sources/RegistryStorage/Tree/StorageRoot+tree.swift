package import RegistryModel

extension StorageRoot {
    /// Every file below a folder.
    package struct Tree: Sendable, Equatable {
        package struct File: Sendable, Equatable {
            package var path: StoragePath
            package var bytes: Int64
            package var modified: Timestamp
        }

        /// The regular files, sorted by path.
        package var files: [File] = []
        /// The folders below, each after what it holds.
        package var folders: [StoragePath] = []
        /// What is neither: links, sockets, names that are not UTF-8.
        package var others: [StoragePath] = []
        /// When something below was last written, or the folder itself was changed.
        package var modified: Timestamp

        package var bytes: Int64 { files.reduce(0) { $0 + $1.bytes } }
    }

    /// All that is below a folder, links not followed; nil where there is no such folder.
    package func tree(_ path: StoragePath) throws(StorageError) -> Tree? {
        guard let facts = try facts(path), facts.kind == .folder else { return nil }
        var tree = Tree(modified: facts.modified)
        try collect(path, into: &tree)
        tree.files.sort { $0.path < $1.path }
        tree.folders.sort { $0 > $1 }
        tree.others.sort()
        return tree
    }

    /// Takes folders from a list, not by recursion: a tree may be deeper than a thread's stack.
    private func collect(_ path: StoragePath, into tree: inout Tree) throws(StorageError) {
        var waiting = [path]
        while let folder = waiting.popLast() {
            for entry in try list(folder) ?? [] {
                guard let place = folder.appending(entry.name) else { continue }
                guard let facts = try facts(place) else {
                    // Gone meanwhile, or a name that can't be written.
                    tree.others.append(place)
                    continue
                }
                switch facts.kind {
                case .file:
                    tree.files.append(
                        Tree.File(path: place, bytes: facts.size, modified: facts.modified)
                    )
                case .folder:
                    tree.folders.append(place)
                    waiting.append(place)
                case .link, .other: tree.others.append(place)
                }
                tree.modified = max(tree.modified, facts.modified)
            }
        }
    }
}
