import CLinux
import Foundation

/// Removes many files and folders of a tree nobody else works on; for one thread.
///
/// It keeps open the folder that holds those it removes from: to find it again takes longer than to
/// remove a file.
package final class Remover {
    private let root: StorageRoot
    private var last: (path: StoragePath, descriptor: Int32)?

    package init(root: StorageRoot) { self.root = root }

    deinit { if let last { close(last.descriptor) } }

    /// Removes a file or link, never a folder, and then the folder that it was in, if that holds
    /// nothing else.
    package func removeWithFolder(_ path: StoragePath) throws(StorageError) {
        guard let parent = path.parent, let above = parent.parent else {
            _ = try root.removeFile(path)
            return
        }
        guard let folder = try folder(above) else { return }
        let name = String(parent.name)
        try removeFile(path, in: name, of: folder)
        guard unlinkat(folder, name, AT_REMOVEDIR) != 0 else { return }
        guard [ENOENT, ENOTEMPTY, EEXIST].contains(errno) else {
            throw root.failure(errno, "remove", parent)
        }
    }

    private func removeFile(
        _ path: StoragePath,
        in name: String,
        of folder: Int32
    ) throws(StorageError) {
        let inner = root.opening.open(folder, name, clinux_path_flag() | O_DIRECTORY)
        guard inner >= 0 else {
            guard errno == ENOENT else { throw root.failure(errno, "open", path) }
            return
        }
        defer { close(inner) }
        guard unlinkat(inner, String(path.name), 0) != 0, errno != ENOENT else { return }
        throw root.failure(errno, "remove", path)
    }

    private func folder(_ path: StoragePath) throws(StorageError) -> Int32? {
        if let last, last.path == path { return last.descriptor }
        guard let descriptor = try root.open(path, clinux_path_flag() | O_DIRECTORY) else {
            return nil
        }
        if let last { close(last.descriptor) }
        last = (path, descriptor)
        return descriptor
    }
}
