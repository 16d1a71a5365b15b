import Foundation
package import RegistryModel

extension StorageRoot {
    /// What is known of a file or folder without opening it.
    package struct Facts: Sendable, Equatable {
        package var kind: FileKind
        /// `st_size`.
        package var size: Int64
        package var modified: Timestamp
        package var device: UInt64
        package var inode: UInt64

        init(_ status: stat) {
            kind = FileKind(mode: status.st_mode)
            size = Int64(status.st_size)
            modified = Timestamp(modified: status)
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
        }
    }

    /// An entry of a folder.
    ///
    /// A name that is not UTF-8 has marks in place of the invalid bytes, and
    /// then leads nowhere.
    package struct Entry: Sendable, Hashable {
        package var name: String
        package var kind: FileKind
    }

    /// Looks at a file or folder, at a link itself; nil where there is none.
    package func facts(_ path: StoragePath) throws(StorageError) -> Facts? {
        guard let folder = try folder(above: path) else { return nil }
        defer { close(folder) }
        var status = stat()
        guard fstatat(folder, String(path.name), &status, AT_SYMLINK_NOFOLLOW) == 0
        else {
            guard errno != ENOENT else { return nil }
            throw failure(errno, "look at", path)
        }
        return Facts(status)
    }

    /// Reads a regular file of at most `limit` bytes; nil where there is none.
    package func read(
        _ path: StoragePath,
        atMost limit: Int
    ) throws(StorageError) -> [UInt8]? {
        guard let descriptor = try open(path, O_RDONLY | O_NONBLOCK) else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(errno, "read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw StorageError(operation: "read", subject: absolute(path), kind: .notAFile)
        }
        guard status.st_size <= limit else {
            throw StorageError(operation: "read", subject: absolute(path), kind: .tooLarge)
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Foundation.read(
                    descriptor,
                    buffer.baseAddress.map { $0 + filled },
                    buffer.count - filled
                )
            }
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw failure(errno, "read", path)
            }
            guard count > 0 else { break }
            filled += count
        }
        bytes.removeLast(bytes.count - filled)
        return bytes
    }

    /// The first bytes of a regular file; nil where there is none.
    func start(of path: StoragePath) throws(StorageError) -> [UInt8]? {
        guard let descriptor = try open(path, O_RDONLY | O_NONBLOCK) else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = Foundation.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw failure(errno, "read", path) }
        return Array(bytes[..<count])
    }

    /// The entries of a folder, in the order of the file system, with what is still being written
    /// (`*.tmp`); nil where there is no such folder.
    package func list(_ path: StoragePath) throws(StorageError) -> [Entry]? {
        guard let folder = try folder(path) else { return nil }
        defer { close(folder) }
        var entries: [Entry] = []
        let problem = EntryReader().forEach(in: folder) { name, kind in
            entries.append(Entry(name: name.text, kind: kind))
        }
        guard problem == 0 else { throw failure(problem, "list", path) }
        return entries
    }
}
