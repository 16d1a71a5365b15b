import Foundation
import Glibc
import TestSupport

/// A file system of a few megabytes, mounted over a folder.
struct SmallDisk {
    private let folder: String

    /// Whether one can be mounted here; asks by doing it.
    static let isPossible: Bool = {
        guard geteuid() == 0, let folder = try? TemporaryFolder() else { return false }
        guard let disk = try? SmallDisk(at: folder.path) else { return false }
        disk.unmount()
        return true
    }()

    init(at folder: String, megabytes: Int = 4) throws {
        self.folder = folder
        guard mount("tmpfs", folder, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
            throw HarnessError("can't mount at \(folder): \(String(cString: strerror(errno)))")
        }
    }

    /// Makes one as most disks have, in a file, without blocks that only root may use; with few
    /// inodes where so many are asked for.
    init(at folder: String, ext4 image: String, megabytes: Int, inodes: Int? = nil) async throws {
        self.folder = folder
        for command in [
            ["truncate", "-s", "\(megabytes)M", image],
            ["mkfs.ext4", "-q", "-m", "0"] + (inodes.map { ["-N", "\($0)"] } ?? []) + [image],
            ["mount", "-o", "loop", image, folder],
        ] {
            let result = try await Command.run("/usr/bin/env", command)
            guard result.status == 0 else {
                throw HarnessError("\(command): \(result.errors)")
            }
        }
    }

    /// How full it is, in percent.
    var usage: Double {
        var status = statvfs()
        guard statvfs(folder, &status) == 0, status.f_blocks > 0 else { return .nan }
        return 100 * Double(status.f_blocks - status.f_bfree) / Double(status.f_blocks)
    }

    func unmount() { umount2(folder, Int32(MNT_DETACH)) }

    func makeReadOnly() throws {
        guard
            mount("tmpfs", folder, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), "") == 0
        else {
            throw HarnessError("can't remount \(folder): \(String(cString: strerror(errno)))")
        }
    }

    /// Takes every block, also those that are found free only after all is on the disk.
    func fillUp() throws {
        try fill()
        var number = 0
        for _ in 0..<3 {
            sync()
            while true {
                let file = open("\(ballast)-\(number)", O_WRONLY | O_CREAT, 0o600)
                guard file >= 0 else { break }
                let isWritten = write(file, "x", 1) == 1 && fsync(file) == 0
                close(file)
                guard isWritten else { break }
                number += 1
            }
        }
    }

    /// Gives blocks back, and leaves everything else.
    func freeBlocks() { truncate(ballast, 0) }

    /// Takes every inode.
    func useUpInodes() {
        for number in 0... {
            let file = open("\(ballast)-inode-\(number)", O_WRONLY | O_CREAT, 0o600)
            guard file >= 0 else { return }
            close(file)
        }
    }

    /// Writes until nothing more fits.
    func fill() throws {
        guard let file = fopen(ballast, "w") else { throw HarnessError("can't open \(ballast)") }
        defer { fclose(file) }
        setvbuf(file, nil, _IONBF, 0)
        let block = [UInt8](repeating: 1, count: 4_096)
        while fwrite(block, 1, block.count, file) == block.count {}
    }

    func free() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasPrefix("ballast") {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }

    private var ballast: String { "\(folder)/ballast" }
}
