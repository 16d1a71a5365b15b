import CLinux
import Foundation

/// How files are opened below a folder without following symbolic links.
enum Opening: Sendable {
    /// The kernel refuses them: `openat2`, Linux 5.6 and later.
    case byKernel
    /// Part for part, where the kernel is older or a container's filter hides the call.
    case stepwise

    /// Finds out which one works here.
    init(probing folder: Int32) {
        let descriptor = clinux_open_beneath(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        self = descriptor < 0 && (errno == ENOSYS || errno == EPERM) ? .stepwise : .byKernel
        if descriptor >= 0 { close(descriptor) }
    }

    /// Opens `path`, which is relative and has no `..`, or returns -1 with `errno`.
    func open(_ folder: Int32, _ path: UnsafePointer<CChar>, _ flags: Int32) -> Int32 {
        switch self {
        case .byKernel: clinux_open_beneath(folder, path, flags | O_CLOEXEC)
        case .stepwise: Self.openStepwise(folder, path, flags | O_CLOEXEC)
        }
    }

    private static func openStepwise(
        _ folder: Int32,
        _ path: UnsafePointer<CChar>,
        _ flags: Int32
    ) -> Int32 {
        let parts = String(cString: path).split(separator: "/")
        let step = clinux_path_flag() | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        var place = folder
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            var next = openat(place, String(part), isLast ? flags | O_NOFOLLOW : step)
            var reason = errno
            if next < 0, reason == ENOTDIR, isLink(place, String(part)) {
                // What O_DIRECTORY says of a link that O_NOFOLLOW keeps from being followed.
                next = -1
                reason = ELOOP
            }
            if place != folder { close(place) }
            guard next >= 0 else {
                errno = reason
                return -1
            }
            place = next
        }
        return place
    }

    private static func isLink(_ folder: Int32, _ name: String) -> Bool {
        var status = stat()
        guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFLNK
    }
}
