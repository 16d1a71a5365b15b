import CLinux
import Foundation

/// The name of a folder's entry; its memory is only valid while the entry is looked at.
struct EntryName {
    let start: UnsafePointer<CChar>
    let count: Int

    /// The name, with a mark in place of invalid bytes.
    var text: String { String(cString: start) }

    /// The name, unless it is not UTF-8: such a name can't be written as a path.
    var exactText: String? { String(validatingCString: start) }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    var first: UInt8 { UInt8(bitPattern: start[0]) }

    func hasSuffix(_ ending: StaticString) -> Bool {
        let length = ending.utf8CodeUnitCount
        guard count >= length else { return false }
        return memcmp(start + (count - length), ending.utf8Start, length) == 0
    }

    /// Whether a registry's driver is still writing it under this name.
    var isUnfinished: Bool { hasSuffix(".tmp") }
}

/// Reads folders through one buffer, which one thread uses for one folder at a time.
final class EntryReader {
    private let buffer: UnsafeMutableRawBufferPointer

    init() { buffer = .allocate(byteCount: 65_536, alignment: 16) }

    deinit { buffer.deallocate() }

    /// Calls `body` with each entry, in the order of the file system, `.` and `..` left out.
    ///
    /// `body` must not read another folder through this reader. Returns 0 or an `errno`.
    func forEach(in folder: Int32, _ body: (EntryName, FileKind) -> Void) -> Int32 {
        while true {
            let filled = clinux_entries(folder, buffer.baseAddress, UInt(buffer.count))
            guard filled >= 0 else { return errno }
            guard filled > 0 else { return 0 }
            var offset = 0
            while offset < filled {
                offset += visit(offset, in: folder, body)
            }
        }
    }

    /// Looks at the entry at `offset` and returns its length; `struct linux_dirent64`, getdents(2).
    private func visit(
        _ offset: Int,
        in folder: Int32,
        _ body: (EntryName, FileKind) -> Void
    ) -> Int {
        let length = Int(buffer.loadUnaligned(fromByteOffset: offset + 16, as: UInt16.self))
        let type = buffer[offset + 18]
        // The buffer was allocated, so it has a base.
        guard let base = buffer.baseAddress else { return length }
        let start = UnsafeRawPointer(base + offset + 19).assumingMemoryBound(to: CChar.self)
        let name = EntryName(start: start, count: strlen(start))
        let isItself = name.count == 1 && start[0] == 0x2E
        let isParent = name.count == 2 && start[0] == 0x2E && start[1] == 0x2E
        guard !isItself, !isParent else { return length }
        if let kind = FileKind(entryType: type) {
            body(name, kind)
        } else if let kind = Self.kind(of: start, in: folder) {
            body(name, kind)
        }
        return length
    }

    /// Asks for a kind that the entry does not tell; nil when it is gone meanwhile.
    private static func kind(of name: UnsafePointer<CChar>, in folder: Int32) -> FileKind? {
        var status = stat()
        guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            return errno == ENOENT ? nil : .other
        }
        return FileKind(mode: status.st_mode)
    }
}
