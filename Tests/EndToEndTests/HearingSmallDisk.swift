import Foundation
import Glibc
import TestSupport

/// A file system of a few megabytes in memory, mounted over a folder.
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

    /// Writes until nothing more fits.
    func fill() throws {
        guard let file = fopen(ballast, "w") else { throw HarnessError("can't open \(ballast)") }
        defer { fclose(file) }
        setvbuf(file, nil, _IONBF, 0)
        let block = [UInt8](repeating: 1, count: 4_096)
        while fwrite(block, 1, block.count, file) == block.count {}
    }

    func free() { unlink(ballast) }

    private var ballast: String { "\(folder)/ballast" }
}
