import CLinux
import Foundation

extension StorageRoot {
    /// How a rename ended.
    package enum Move: Sendable, Equatable {
        case moved
        case sourceMissing
        case targetExists
    }

    /// Renames a file or folder to a place where nothing is, whose folders are made.
    package func move(
        _ from: StoragePath,
        to: StoragePath
    ) throws(StorageError) -> Move {
        guard let source = try folder(above: from) else { return .sourceMissing }
        defer { close(source) }
        if let parent = to.parent { try makeFolders(parent) }
        guard let target = try folder(above: to) else { throw failure(ENOENT, "move to", to) }
        defer { close(target) }
        let oldName = String(from.name)
        let newName = String(to.name)
        let outcome = clinux_rename_new(source, oldName, target, newName)
        guard outcome != 0 else { return .moved }
        switch errno {
        case ENOENT: return .sourceMissing
        case EEXIST: return .targetExists
        case EINVAL, ENOSYS:
            // The file system has no such rename (NFS, some FUSE).
            return try moveInSteps(from, source, to, target)
        default: throw failure(errno, "move", from)
        }
    }

    /// Renames a file over another, whose content is gone then; a folder is never replaced.
    ///
    /// At no time is there neither of them. False where the source or the folder was not there.
    func replace(_ path: StoragePath, by source: StoragePath) throws(StorageError) -> Bool {
        guard let from = try folder(above: source) else { return false }
        defer { close(from) }
        guard let to = try folder(above: path) else { return false }
        defer { close(to) }
        guard renameat(from, String(source.name), to, String(path.name)) != 0 else { return true }
        guard errno == ENOENT else { throw failure(errno, "replace", path) }
        return false
    }

    /// Moves by a second name for a file, which never replaces; a folder is renamed when nothing
    /// is in its place, as no folder that holds something is ever replaced.
    private func moveInSteps(
        _ from: StoragePath,
        _ source: Int32,
        _ to: StoragePath,
        _ target: Int32
    ) throws(StorageError) -> Move {
        guard let facts = try facts(from) else { return .sourceMissing }
        guard try self.facts(to) == nil else { return .targetExists }
        let oldName = String(from.name)
        let newName = String(to.name)
        guard facts.kind == .file else {
            guard renameat(source, oldName, target, newName) == 0 else {
                throw failure(errno, "move", from)
            }
            return .moved
        }
        guard linkat(source, oldName, target, newName, 0) == 0 else {
            switch errno {
            case ENOENT: return .sourceMissing
            case EEXIST: return .targetExists
            default: throw failure(errno, "move", from)
            }
        }
        guard unlinkat(source, oldName, 0) == 0 else { throw failure(errno, "move", from) }
        return .moved
    }

    /// Removes a file or link, never a folder; false when it was not there.
    package func removeFile(_ path: StoragePath) throws(StorageError) -> Bool {
        try remove(path, 0, "remove", harmless: [ENOENT])
    }

    /// Removes a folder that holds nothing; false when it holds something or was not there.
    package func removeEmptyFolder(_ path: StoragePath) throws(StorageError) -> Bool {
        try remove(path, AT_REMOVEDIR, "remove", harmless: [ENOENT, ENOTEMPTY, EEXIST])
    }

    private func remove(
        _ path: StoragePath,
        _ flags: Int32,
        _ operation: String,
        harmless: [Int32]
    ) throws(StorageError) -> Bool {
        guard let folder = try folder(above: path) else { return false }
        defer { close(folder) }
        guard unlinkat(folder, String(path.name), flags) != 0 else { return true }
        guard harmless.contains(errno) else { throw failure(errno, operation, path) }
        return false
    }

    /// Makes a folder and those above it, as far as they are missing.
    package func makeFolders(_ path: StoragePath) throws(StorageError) {
        if let descriptor = try open(path, clinux_path_flag() | O_DIRECTORY) {
            close(descriptor)
            return
        }
        if let parent = path.parent { try makeFolders(parent) }
        guard let folder = try folder(above: path) else { throw failure(ENOENT, "make", path) }
        defer { close(folder) }
        let name = String(path.name)
        guard mkdirat(folder, name, 0o755) == 0 else {
            guard errno == EEXIST else { throw failure(errno, "make", path) }
            return
        }
        Self.adopt(name, in: folder)
    }

    /// Writes a new file, and returns when it and its name are on the disk.
    ///
    /// What could not be written whole is removed again.
    package func write(_ path: StoragePath, _ bytes: [UInt8]) throws(StorageError) {
        guard let folder = try folder(above: path) else { throw failure(ENOENT, "write", path) }
        defer { close(folder) }
        let name = String(path.name)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let descriptor = openat(folder, name, flags, 0o644)
        guard descriptor >= 0 else { throw failure(errno, "write", path) }
        defer { close(descriptor) }
        let problem = Self.fill(descriptor, bytes)
        guard problem == 0 else {
            unlinkat(folder, name, 0)
            throw failure(problem, "write", path)
        }
        Self.adopt(name, in: folder)
        if let parent = path.parent { try sync(parent) }
    }

    /// Writes over the bytes of a file, which is then as long as they are; false where it is shorter.
    ///
    /// That takes no new block, but on a file system that copies on writing.
    func overwrite(_ path: StoragePath, _ bytes: [UInt8]) throws(StorageError) -> Bool {
        guard let descriptor = try open(path, O_WRONLY | O_NONBLOCK) else { return false }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(errno, "write", path) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size >= bytes.count else {
            return false
        }
        guard ftruncate(descriptor, off_t(bytes.count)) == 0 else {
            throw failure(errno, "write", path)
        }
        let problem = Self.fill(descriptor, bytes)
        guard problem == 0 else { throw failure(problem, "write", path) }
        return true
    }

    /// Whether the file system has so much room for us, as it counts.
    func hasRoom(bytes: Int64, files: Int64) throws(StorageError) -> Bool {
        var status = statvfs()
        guard fstatvfs(descriptor, &status) == 0 else { throw StorageError(errno, "look at", path) }
        // Some make inodes as they are needed, and count none.
        let hasFiles = status.f_files == 0 || Int64(status.f_favail) >= files
        return Int64(status.f_bavail) * Int64(status.f_frsize) >= bytes && hasFiles
    }

    /// Writes all bytes to the disk; returns 0 or an `errno`.
    private static func fill(_ descriptor: Int32, _ bytes: [UInt8]) -> Int32 {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
                return Foundation.write(descriptor, rest.baseAddress, rest.count)
            }
            if count < 0, errno != EINTR { return errno }
            written += max(0, count)
        }
        return fsync(descriptor) == 0 ? 0 : errno
    }

    /// Waits until a folder's entries are on the disk.
    package func sync(_ path: StoragePath) throws(StorageError) {
        guard let folder = try folder(path) else { throw failure(ENOENT, "sync", path) }
        let outcome = fsync(folder)
        let reason = errno
        close(folder)
        guard outcome == 0 else { throw failure(reason, "sync", path) }
    }

    /// Gives what is new to the owner of its folder, as far as that is allowed: a registry has to
    /// write to folders that come back.
    private static func adopt(_ name: String, in folder: Int32) {
        guard geteuid() == 0 else { return }
        var status = stat()
        guard fstat(folder, &status) == 0 else { return }
        _ = fchownat(folder, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW)
    }
}
