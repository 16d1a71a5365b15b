import CLinux
import Foundation
import Synchronization

/// Removes many files and folders of a tree nobody else works on.
///
/// It keeps open the folders that hold those it removes from: to find such a folder again takes longer
/// than to remove a file.
package final class Remover: Sendable {
    private let root: StorageRoot
    private let folders = Mutex<[StoragePath: OpenFolder]>([:])

    package init(root: StorageRoot) { self.root = root }

    /// Removes a file or link, never a folder; false when it was not there.
    package func removeFile(_ path: StoragePath) throws(StorageError) -> Bool {
        guard let parent = path.parent, let above = parent.parent else {
            return try root.removeFile(path)
        }
        guard let folder = try folder(above) else { return false }
        let flags = clinux_path_flag() | O_DIRECTORY
        let inner = root.opening.open(folder.descriptor, String(parent.name), flags)
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
        guard unlinkat(folder.descriptor, String(path.name), AT_REMOVEDIR) != 0 else {
            return true
        }
        guard [ENOENT, ENOTEMPTY, EEXIST].contains(errno) else {
            throw root.failure(errno, "remove", path)
        }
        return false
    }

    private func folder(_ path: StoragePath) throws(StorageError) -> OpenFolder? {
        if let known = folders.withLock({ $0[path] }) { return known }
        guard let descriptor = try root.open(path, clinux_path_flag() | O_DIRECTORY) else {
            return nil
        }
        let opened = OpenFolder(descriptor: descriptor)
        folders.withLock { folders in
            if folders.count >= Self.mostOpen { folders.removeAll() }
            folders[path] = opened
        }
        return opened
    }

    /// A process may have a thousand files open, unless it is told otherwise.
    private static let mostOpen = 256
}

/// Closes the folder when nobody works in it any more.
private final class OpenFolder: Sendable {
    let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}
