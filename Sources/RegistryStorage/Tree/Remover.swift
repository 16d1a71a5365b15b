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

    /// Removes a file or link, never a folder; false when it was not there.
    package func removeFile(_ path: StoragePath) throws(StorageError) -> Bool {
        guard let parent = path.parent, let above = parent.parent else {
            return try root.removeFile(path)
        }
        guard let folder = try folder(above) else { return false }
        let flags = clinux_path_flag() | O_DIRECTORY
        let inner = root.opening.open(folder, String(parent.name), flags)
        guard inner >= 0 else {
            guard errno == ENOENT else { throw root.failure(errno, "open", parent) }
            return false
        }
        defer { close(inner) }
        guard unlinkat(inner, String(path.name), 0) != 0 else { return true }
        guard errno == ENOENT else { throw root.failure(errno, "remove", path) }
        return false
    }

    /// Removes a folder that holds nothing; false when it holds something or was not there.
    package func removeEmptyFolder(_ path: StoragePath) throws(StorageError) -> Bool {
        guard let parent = path.parent else { return try root.removeEmptyFolder(path) }
        guard let folder = try folder(parent) else { return false }
        guard unlinkat(folder, String(path.name), AT_REMOVEDIR) != 0 else {
            return true
        }
        guard [ENOENT, ENOTEMPTY, EEXIST].contains(errno) else {
            throw root.failure(errno, "remove", path)
        }
        return false
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
