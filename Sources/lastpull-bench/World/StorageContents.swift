import Foundation
import Glibc

/// What a tree holds, found by a walk of its own: neither our code nor the peer's is asked.
struct StorageContents: Equatable {
    /// Folder names of blobs with data.
    var blobs: Set<String> = []
    /// `REPOSITORY/_manifests/revisions/sha256/HEX` of manifests that are linked.
    var revisions: Set<String> = []
    /// `REPOSITORY/_manifests/tags/TAG` of tags that point somewhere.
    var tags: Set<String> = []
    /// The sizes of all files.
    var bytes: Int64 = 0

    init(of path: String) throws {
        let base = "\(path)/docker/registry/v2"
        var waiting = [""]
        while let folder = waiting.popLast() {
            guard let entries = opendir(base + folder) else { throw Self.failure(base + folder) }
            defer { closedir(entries) }
            while let entry = readdir(entries) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    String(cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
                }
                guard name != ".", name != ".." else { continue }
                var status = stat()
                guard fstatat(dirfd(entries), name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                    throw Self.failure("\(base)\(folder)/\(name)")
                }
                if status.st_mode & S_IFMT == S_IFDIR {
                    waiting.append("\(folder)/\(name)")
                } else {
                    bytes += Int64(status.st_size)
                    note("\(folder)/\(name)")
                }
            }
        }
    }

    private static func failure(_ path: String) -> BenchError {
        BenchError("\(path) can't be read: \(String(cString: strerror(errno)))")
    }

    private mutating func note(_ path: String) {
        let parts = path.split(separator: "/")
        let folder = parts.dropLast()
        if parts.first == "blobs", parts.last == "data", let name = folder.last {
            blobs.insert(String(name))
        } else if folder.suffix(3).first == "revisions", parts.last == "link" {
            revisions.insert(folder.joined(separator: "/"))
        } else if parts.suffix(2) == ["current", "link"] {
            tags.insert(folder.dropLast().joined(separator: "/"))
        }
    }
}
