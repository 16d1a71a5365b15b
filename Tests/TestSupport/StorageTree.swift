import CDispatch  // `stat` and its fields count as its own, or as Glibc's, by the order of files.
import Foundation
import Glibc
package import RegistryModel

/// A registry's tree on the disk (filesystem driver), written file by file without a registry.
///
/// Quick enough for a hundred thousand files: no call is made that is not needed.
package struct StorageTree: Sendable {
    /// The root, which holds `docker/registry/v2`.
    package let path: String
    /// When everything that is written from here on was last modified; nil for the time it is.
    package var modified: Timestamp?

    package init(path: String, modified: Timestamp? = nil) throws {
        self.path = path
        self.modified = modified
        try Self.makeFolders("\(base)/repositories")
        try Self.makeFolders("\(base)/blobs/sha256")
    }

    package var base: String { "\(path)/docker/registry/v2" }

    /// Stores content, and returns its digest.
    @discardableResult
    package func addBlob(_ bytes: [UInt8]) throws -> Digest {
        let digest = Digest(hashing: bytes)
        try write(bytes, to: blobData(digest))
        return digest
    }

    package func blobFolder(_ digest: Digest) -> String {
        "\(base)/blobs/\(digest.algorithm)/\(digest.encoded.prefix(2))/\(digest.encoded)"
    }

    package func blobData(_ digest: Digest) -> String { "\(blobFolder(digest))/data" }

    package func repository(_ name: String) -> String { "\(base)/repositories/\(name)" }

    package func layerLink(_ repository: String, _ digest: Digest) -> String {
        "\(self.repository(repository))/_layers/\(digest.algorithm)/\(digest.encoded)/link"
    }

    package func revisionLink(_ repository: String, _ digest: Digest) -> String {
        "\(self.repository(repository))/_manifests/revisions/\(digest.algorithm)"
            + "/\(digest.encoded)/link"
    }

    package func tagFolder(_ repository: String, _ tag: String) -> String {
        "\(self.repository(repository))/_manifests/tags/\(tag)"
    }

    package func tagIndexLink(_ repository: String, _ tag: String, _ digest: Digest) -> String {
        "\(tagFolder(repository, tag))/index/\(digest.algorithm)/\(digest.encoded)/link"
    }

    package func upload(_ repository: String, _ name: String) -> String {
        "\(self.repository(repository))/_uploads/\(name)"
    }

    package func linkLayer(_ repository: String, _ digest: Digest) throws {
        try write(Array(digest.description.utf8), to: layerLink(repository, digest))
    }

    package func linkRevision(_ repository: String, _ digest: Digest) throws {
        try write(Array(digest.description.utf8), to: revisionLink(repository, digest))
    }

    /// Points a tag to a manifest; it remembers those that it pointed to before.
    package func tag(_ repository: String, _ tag: String, _ digest: Digest) throws {
        let link = Array(digest.description.utf8)
        try write(link, to: "\(tagFolder(repository, tag))/current/link")
        try write(link, to: tagIndexLink(repository, tag, digest))
    }

    /// Begins an upload of some bytes.
    package func addUpload(_ repository: String, _ name: String, bytes: Int) throws {
        let folder = upload(repository, name)
        try write([UInt8](repeating: 7, count: bytes), to: "\(folder)/data")
        try write(Array("2026-01-01T00:00:00Z".utf8), to: "\(folder)/startedat")
        try write([1, 2, 3], to: "\(folder)/hashstates/sha256/0")
        for inner in ["hashstates/sha256", "hashstates"] { try date("\(folder)/\(inner)") }
        try date(folder)
    }

    /// Writes a file with the folders above it, over one that is there.
    package func write(_ bytes: [UInt8], to path: String) throws {
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
        var descriptor = open(path, flags, 0o644)
        if descriptor < 0, errno == ENOENT {
            try Self.makeFolders(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
            descriptor = open(path, flags, 0o644)
        }
        guard descriptor >= 0 else {
            throw HarnessError("\(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let written = bytes.withUnsafeBytes {
            Foundation.write(descriptor, $0.baseAddress, $0.count)
        }
        guard written == bytes.count else { throw HarnessError("\(path): written in part") }
        guard let modified else { return }
        var times = Self.times(modified)
        guard futimens(descriptor, &times) == 0 else { throw HarnessError("\(path): no time set") }
    }

    /// Gives a file or folder the time of this tree.
    package func date(_ path: String) throws {
        guard let modified else { return }
        try Self.date(path, modified)
    }

    package static func date(_ path: String, _ modified: Timestamp) throws {
        var times = times(modified)
        guard utimensat(AT_FDCWD, path, &times, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw HarnessError("\(path): no time set")
        }
    }

    /// Gives everything below the root one time, folders too.
    package func dateAll(_ modified: Timestamp) throws {
        try Self.date(path, modified)
        guard let walk = FileManager.default.enumerator(atPath: path) else { return }
        for case let name as String in walk { try Self.date("\(path)/\(name)", modified) }
    }

    package static func makeFolders(_ path: String) throws {
        guard mkdir(path, 0o755) != 0, errno != EEXIST else { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw HarnessError("\(path): \(String(cString: strerror(errno)))")
        }
        try makeFolders(String(path[..<slash]))
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw HarnessError("\(path): \(String(cString: strerror(errno)))")
        }
    }

    private static func times(_ modified: Timestamp) -> [timespec] {
        let time = timespec(
            tv_sec: Int(modified.milliseconds / 1_000),
            tv_nsec: Int(modified.milliseconds % 1_000) * 1_000_000
        )
        return [time, time]
    }
}
