import Foundation
import RegistryModel
import RetentionPlanning

/// How full a file system is.
package struct VolumeGauge: Sendable, Equatable {
    package var used: Int64
    /// What `df` takes for the whole: used, and free for everybody.
    package var size: Int64

    package init(used: Int64, size: Int64) {
        self.used = used
        self.size = size
    }

    /// Measures the file system that holds `path`, or says why it can't.
    package init(path: String) throws(VolumeError) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else {
            throw VolumeError(path: path, reason: String(cString: strerror(errno)))
        }
        let unit = Int64(status.f_frsize)
        used = (Int64(status.f_blocks) - Int64(status.f_bfree)) * unit
        size = used + Int64(status.f_bavail) * unit
    }

    package var percent: Double { size > 0 ? 100 * Double(used) / Double(size) : 0 }

    /// Whether usage, less what is released already, is above a mark.
    func isAbove(_ mark: Trigger.VolumeMark, released: Int64) -> Bool {
        excess(over: mark, released: released) > 0
    }

    /// Bytes above a mark, less what is released already.
    func excess(over mark: Trigger.VolumeMark, released: Int64) -> Int64 {
        let limit: Int64 =
            switch mark {
            case .percent(let share): Int64((Double(size) * share / 100).rounded(.down))
            case .bytes(let count): count.bytes
            }
        return used - released - limit
    }
}

package struct VolumeError: Error, Sendable, Equatable, CustomStringConvertible {
    package var path: String
    package var reason: String

    package var description: String { "cannot measure the file system of \(path): \(reason)" }
}
