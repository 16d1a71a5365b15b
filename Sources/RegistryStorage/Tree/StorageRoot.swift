import CLinux
import Foundation

/// The open root of a filesystem driver: the folder that holds `docker/registry/v2`.
///
/// All access is relative to its descriptor and follows no symbolic link, so that nothing outside
/// is ever touched. Only the path of the root itself may lead over links: the operator gave it.
package final class StorageRoot: Sendable {
    package let path: String
    let descriptor: Int32
    let opening: Opening

    /// Opens the root, which must look like a registry's.
    ///
    /// Blobs without repositories cast doubt on everything: the repositories may not be mounted.
    package convenience init(path: String) throws(StorageError) {
        try self.init(path: path, opening: nil)
    }

    /// Opens the root in the way of `opening`, or in the best that works here.
    init(path: String, opening: Opening?) throws(StorageError) {
        self.path = path
        descriptor = Foundation.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError(errno, "open", path) }
        self.opening = opening ?? Opening(probing: descriptor)
        try check()
    }

    deinit { close(descriptor) }

    private func check() throws(StorageError) {
        let notARegistry = StorageError(operation: "use", subject: path, kind: .notARegistry)
        guard try facts(.base)?.kind == .folder else { throw notARegistry }
        let repositories = try list(.repositories) ?? []
        guard repositories.isEmpty else { return }
        for algorithm in try list(.blobs) ?? [] where algorithm.kind == .folder {
            guard let folder = StoragePath.blobs.appending(algorithm.name) else { continue }
            guard try list(folder)?.isEmpty ?? true else { throw notARegistry }
        }
    }

    /// Opens a path, or returns nil where there is none.
    func open(_ path: StoragePath, _ flags: Int32) throws(StorageError) -> Int32? {
        let opened = opening.open(descriptor, path.description, flags)
        guard opened < 0 else { return opened }
        let reason = errno
        guard reason != ENOENT else { return nil }
        throw failure(reason, "open", path)
    }

    /// Opens a folder, which the caller closes, or returns nil where there is none.
    func folder(_ path: StoragePath) throws(StorageError) -> Int32? {
        try open(path, O_RDONLY | O_DIRECTORY)
    }

    /// Opens the folder that `path` is in, which the caller closes; nil where there is none.
    func folder(above path: StoragePath) throws(StorageError) -> Int32? {
        let flags = clinux_path_flag() | O_DIRECTORY
        guard let parent = path.parent else {
            let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
            guard copy >= 0 else { throw failure(errno, "open", path) }
            return copy
        }
        return try open(parent, flags)
    }

    /// Opens the root once more, for a lock of its own; the caller closes it.
    func ownDescriptor() throws(StorageError) -> Int32 {
        let own = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard own >= 0 else { throw StorageError(errno, "open", path) }
        return own
    }

    func failure(_ number: Int32, _ operation: String, _ path: StoragePath) -> StorageError {
        StorageError(number, operation, absolute(path))
    }

    func absolute(_ path: StoragePath) -> String { "\(self.path)/\(path)" }
}
