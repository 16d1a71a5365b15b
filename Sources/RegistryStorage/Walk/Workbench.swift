import Foundation
import RegistryModel

/// What one thread reads the tree with: its buffers, and calls on files next to an open folder.
class Workbench {
    let root: StorageRoot
    let entries = EntryReader()
    let path = PathBuffer()
    private let linkBytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 128, alignment: 8)

    init(root: StorageRoot) { self.root = root }

    deinit { linkBytes.deallocate() }

    /// What a `link` file says.
    enum Link {
        case digest(PackedDigest, bytes: Int64, modified: Timestamp)
        case missing
        /// It is there, and does not hold a SHA-256 digest.
        case rubbish
        /// It can't be read; the `errno`.
        case failed(Int32)
    }

    /// Reads a `link` below an open folder.
    func readLink(_ folder: Int32, _ path: UnsafePointer<CChar>) -> Link {
        let descriptor = root.opening.open(folder, path, O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else { return errno == ENOENT ? .missing : .failed(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return .failed(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { return .rubbish }
        let count = read(descriptor, linkBytes.baseAddress, linkBytes.count)
        guard count >= 0 else { return .failed(errno) }
        let text = UnsafeRawBufferPointer(rebasing: linkBytes[..<count])
        guard let digest = PackedDigest(link: text) else { return .rubbish }
        return .digest(
            digest,
            bytes: Int64(status.st_size),
            modified: Timestamp(modified: status)
        )
    }

    /// Looks at a file below an open folder; nil with `errno` where that fails.
    func look(_ folder: Int32, _ path: UnsafePointer<CChar>) -> stat? {
        var status = stat()
        guard fstatat(folder, path, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        return status
    }
}
