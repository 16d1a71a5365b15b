import CLinux

extension StorageRoot {
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
