import Dispatch
import Foundation

/// A log that lies on this machine, opened for reading.
package final class LogFile {
    package let path: String
    package let descriptor: CInt
    package let device: Int64
    package let inode: Int64
    /// False for pipes and terminals, which can be read once only.
    package let isRegular: Bool

    /// Opens what `path` leads to; it must not be a folder.
    ///
    /// A pipe that nobody writes to is at its end at once, unless there is a `wait` for its writer.
    package init(_ path: String, wait: WriterWait? = nil) throws {
        self.path = path
        descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw LogReadingError(errno: errno, place: path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let number = errno
            close(descriptor)
            throw LogReadingError(errno: number, place: path)
        }
        let type = status.st_mode & S_IFMT
        guard type != S_IFDIR else {
            close(descriptor)
            throw LogReadingError(kind: .other, place: path, reason: "is a folder, not a log")
        }
        isRegular = type == S_IFREG
        device = Int64(bitPattern: UInt64(status.st_dev))
        inode = Int64(bitPattern: UInt64(status.st_ino))
        _ = fcntl(descriptor, F_SETFL, O_RDONLY)
        guard let wait, type == S_IFIFO else { return }
        try wait.untilWritten(descriptor, path)
    }

    deinit { close(descriptor) }

    package var size: Int64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// When it was last written to, in seconds.
    package var changedAt: Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_mtim.tv_sec) : 0
    }

    /// When it was last written to, in nanoseconds, to tell two writes apart.
    var changeStamp: Int64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return 0 }
        return Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    }

    /// Whether any name leads to it; else it is gone when nobody has it open any more.
    var isNamed: Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_nlink > 0
    }

    func isAt(_ identity: (device: Int64, inode: Int64)) -> Bool {
        device == identity.device && inode == identity.inode
    }

    /// Which file a path leads to at present; nil where there is none.
    static func identity(of path: String) -> (device: Int64, inode: Int64)? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return (
            Int64(bitPattern: UInt64(status.st_dev)), Int64(bitPattern: UInt64(status.st_ino))
        )
    }

    /// Whether a path leads to a file that can be read more than once; looks, and opens nothing.
    package static func isRegular(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// The size of the file that a path leads to; none where there is no file.
    package static func size(of path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Reads up to `count` bytes at `offset`; fewer only at the end.
    package func bytes(at offset: Int64, count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let more = bytes.withUnsafeMutableBytes { buffer in
                pread(
                    descriptor,
                    buffer.baseAddress?.advanced(by: filled),
                    count - filled,
                    off_t(offset) + off_t(filled)
                )
            }
            if more < 0, errno == EINTR { continue }
            guard more >= 0 else { throw LogReadingError(errno: errno, place: path) }
            if more == 0 { break }
            filled += more
        }
        bytes.removeLast(count - filled)
        return bytes
    }

    /// The bytes from `offset` on.
    package func stream(from offset: Int64) -> FileStream {
        if isRegular { _ = lseek(descriptor, off_t(offset), SEEK_SET) }
        return FileStream(descriptor: descriptor, place: path, owner: self)
    }

    /// The bytes before `offset` by which a log is known again.
    package func tail(before offset: Int64) throws -> [UInt8] {
        let count = min(offset, Int64(LogMark.length))
        return try bytes(at: offset - count, count: Int(count))
    }

    /// Whether it is the log of which `mark` was taken when `offset` bytes of it were read.
    package func matches(_ mark: LogMark, offset: Int64) throws -> Bool {
        guard offset <= size, Int64(mark.headLength) <= offset else { return false }
        return try LogMark.hash(bytes(at: 0, count: mark.headLength)) == mark.head
            && LogMark.hash(tail(before: offset)) == mark.tail
    }
}
