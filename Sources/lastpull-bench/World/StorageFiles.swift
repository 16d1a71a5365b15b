import Foundation
import RegistryModel

/// Writes a filesystem driver's tree file by file, without a registry.
struct StorageFiles: Sendable {
    struct Stored: Sendable {
        var digest: Digest
        var size: Int
    }

    private let base: String

    init(path: String) throws {
        base = "\(path)/docker/registry/v2"
        try Self.makeFolders("\(base)/repositories")
        try Self.makeFolders("\(base)/blobs/sha256")
    }

    func addRepository(_ name: String) throws {
        for folder in ["_layers/sha256", "_manifests/revisions/sha256", "_manifests/tags"] {
            try Self.makeFolders("\(base)/repositories/\(name)/\(folder)")
        }
        try Self.makeFolders("\(base)/repositories/\(name)/_uploads")
    }

    func addBlob(_ bytes: [UInt8]) throws -> Stored {
        let digest = Digest(hashing: bytes)
        let hex = digest.encoded
        try write(bytes, to: "\(base)/blobs/sha256/\(hex.prefix(2))/\(hex)", "data")
        return Stored(digest: digest, size: bytes.count)
    }

    /// A layer that begins as gzip does; its size differs from others', so that sums tell.
    func addLayer(_ seed: String) throws -> Stored {
        let bytes = [0x1F, 0x8B, 0x08] + Array(seed.utf8)
        return try addBlob(bytes + [UInt8](repeating: 0xA5, count: 200))
    }

    func linkLayer(_ repository: String, _ digest: Digest) throws {
        let folder = "\(base)/repositories/\(repository)/_layers/sha256/\(digest.encoded)"
        try write(Array(digest.description.utf8), to: folder, "link")
    }

    func linkRevision(_ repository: String, _ digest: Digest) throws {
        let folder =
            "\(base)/repositories/\(repository)/_manifests/revisions/sha256/\(digest.encoded)"
        try write(Array(digest.description.utf8), to: folder, "link")
    }

    func tag(_ repository: String, _ tag: String, _ digest: Digest) throws {
        let folder = "\(base)/repositories/\(repository)/_manifests/tags/\(tag)"
        let link = Array(digest.description.utf8)
        try write(link, to: "\(folder)/current", "link")
        try write(link, to: "\(folder)/index/sha256/\(digest.encoded)", "link")
    }

    private func write(_ bytes: [UInt8], to folder: String, _ name: String) throws {
        try Self.makeFolders(folder)
        let path = "\(folder)/\(name)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(path) }
        defer { close(descriptor) }
        let written = bytes.withUnsafeBytes {
            Foundation.write(descriptor, $0.baseAddress, $0.count)
        }
        guard written == bytes.count else { throw Self.failure(path) }
    }

    private static func makeFolders(_ path: String) throws {
        guard mkdir(path, 0o755) != 0, errno != EEXIST else { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw failure(path)
        }
        try makeFolders(String(path[..<slash]))
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure(path) }
    }

    private static func failure(_ path: String) -> BenchError {
        BenchError("\(path) can't be written: \(String(cString: strerror(errno)))")
    }
}
