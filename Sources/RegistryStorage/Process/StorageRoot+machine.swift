import CLinux
import Foundation

extension StorageRoot {
    /// What tells it from another one: where it lies, the file system's own number, and the inode.
    package func identity() throws(StorageError) -> (path: String, fileSystem: Int64, inode: Int64)
    {
        var status = stat()
        var system = statvfs()
        guard fstat(descriptor, &status) == 0, fstatvfs(descriptor, &system) == 0 else {
            throw StorageError(errno, "look at", path)
        }
        let place = realpath(path, nil)
        defer { free(place) }
        return (
            path: place.map { String(cString: $0) } ?? path,
            fileSystem: Int64(truncatingIfNeeded: system.f_fsid),
            inode: Int64(truncatingIfNeeded: status.st_ino)
        )
    }

    /// The folders of the registry, or of the quarantine, that lie on another file system than the
    /// root: nothing is renamed from one to the other.
    package func foreignFolders() throws(StorageError) -> [StoragePath] {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw StorageError(errno, "look at", path) }
        let own = UInt64(status.st_dev)
        var foreign: [StoragePath] = []
        for path in [.base, .blobs, .sha256Blobs, .repositories, Quarantine.folder] {
            guard let facts = try facts(path), facts.device != own else { continue }
            foreign.append(path)
        }
        return foreign
    }

    /// Whether it is on a file system that only this machine has mounted: a network's, or one that a
    /// virtual machine shares with its host, may have a registry at its other end.
    var isOnThisMachine: Bool {
        Self.localKinds.contains(clinux_file_system(descriptor))
    }

    /// `f_type` of `statfs(2)`: ext2 to ext4, xfs, btrfs, f2fs, zfs, bcachefs, jfs, reiserfs, tmpfs,
    /// overlayfs.
    private static let localKinds: Set<UInt32> = [
        0xEF53, 0x5846_5342, 0x9123_683E, 0xF2F5_2010, 0x2FC1_2FC1, 0xCA45_1A4E, 0x3153_464A,
        0x5265_4973, 0x0102_1994, 0x794C_7630,
    ]
}
