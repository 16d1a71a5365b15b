import Foundation
package import RegistryModel

/// What lies on a registry's disk, looked at by a test itself.
package struct RegistryDisk: Sendable {
    /// The filesystem driver's root.
    package let root: String

    package init(_ root: String) { self.root = root }

    /// The sum of the sizes of all regular files; the quarantine is part of the disk, but not what
    /// is set aside in it for a full disk.
    package var bytes: Int64 {
        files(in: "").reduce(0) { $0 + (Self.isSetAside($1.path) ? 0 : $1.bytes) }
    }

    package var quarantinedFiles: [String] {
        files(in: "lastpull-quarantine").map(\.path).filter { !Self.isSetAside($0) }
    }

    private static func isSetAside(_ path: String) -> Bool {
        path.hasPrefix("lastpull-quarantine/reserve/")
    }

    /// The blobs that are there as the registry sees them.
    package var blobs: Set<Digest> {
        Set(
            files(in: "docker/registry/v2/blobs/sha256").compactMap { file in
                let parts = file.path.split(separator: "/")
                guard parts.last == "data", let hex = parts.dropLast().last else { return nil }
                return Digest("sha256:\(hex)")
            }
        )
    }

    /// The layer links, as `REPOSITORY DIGEST`.
    package var layerLinks: Set<String> {
        Set(
            files(in: "docker/registry/v2/repositories").compactMap { file in
                let parts = file.path.split(separator: "/").map(String.init)
                guard parts.last == "link", let layers = parts.lastIndex(of: "_layers"),
                    parts.count == layers + 4
                else { return nil }
                let repository = parts[4..<layers].joined(separator: "/")
                return "\(repository) sha256:\(parts[layers + 2])"
            }
        )
    }

    /// A manifest with all that it refers to, also through the manifests in it.
    package func contents(of manifest: Digest) throws -> Set<Digest> {
        struct Part: Decodable { let digest: String }
        struct Manifest: Decodable {
            let config: Part?
            let layers: [Part]?
            let manifests: [Part]?
        }
        let hex = manifest.encoded
        let place = "\(root)/docker/registry/v2/blobs/sha256/\(hex.prefix(2))/\(hex)/data"
        guard let data = FileManager.default.contents(atPath: place) else {
            throw HarnessError("no \(manifest) on the disk")
        }
        let content = try JSONDecoder().decode(Manifest.self, from: data)
        var all: Set<Digest> = [manifest]
        for part in (content.layers ?? []) + [content.config].compactMap(\.self) {
            if let digest = Digest(part.digest) { all.insert(digest) }
        }
        for part in content.manifests ?? [] {
            if let digest = Digest(part.digest) { all.formUnion(try contents(of: digest)) }
        }
        return all
    }

    package struct File: Sendable {
        /// Relative to the root.
        package var path: String
        package var bytes: Int64
    }

    /// Every regular file below a folder.
    ///
    /// What goes while it looks is left out.
    package func files(in folder: String) -> [File] {
        let place = folder.isEmpty ? root : "\(root)/\(folder)"
        guard let walk = FileManager.default.enumerator(atPath: place) else { return [] }
        var found: [File] = []
        for case let name as String in walk {
            var status = stat()
            guard lstat("\(place)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG
            else { continue }
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            found.append(File(path: path, bytes: Int64(status.st_size)))
        }
        return found
    }

    /// Writes a file below `docker/registry/v2`, with the folders above it.
    package func write(_ bytes: [UInt8], to path: String) throws {
        let place = URL(fileURLWithPath: "\(root)/docker/registry/v2/\(path)")
        try FileManager.default.createDirectory(
            at: place.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(bytes).write(to: place)
    }

    /// Makes everything that lies there look written `seconds` ago.
    ///
    /// With `olderThan`, only what was not written within so many seconds, and each file once.
    package func age(
        by seconds: Int,
        olderThan limit: Int = 0,
        _ isAged: (String) -> Bool = { _ in true }
    ) {
        let then = timespec(tv_sec: time(nil) - seconds, tv_nsec: 0)
        var names = [root]
        if let walk = FileManager.default.enumerator(atPath: root) {
            for case let name as String in walk where isAged(name) {
                names.append("\(root)/\(name)")
            }
        }
        for name in names {
            var status = stat()
            guard lstat(name, &status) == 0 else { continue }
            let age = time(nil) - status.st_mtim.tv_sec
            guard limit == 0 || age >= limit && age < seconds / 2 else { continue }
            utimensat(AT_FDCWD, name, [then, then], AT_SYMLINK_NOFOLLOW)
        }
    }

    /// Makes what was written within the last minute look written `seconds` earlier, as a registry
    /// does whose clock is wrong.
    package func turnBack(by seconds: Int) {
        for file in files(in: "docker") {
            let place = "\(root)/\(file.path)"
            var status = stat()
            guard lstat(place, &status) == 0, time(nil) - status.st_mtim.tv_sec < 60 else {
                continue
            }
            var then = status.st_mtim
            then.tv_sec -= seconds
            utimensat(AT_FDCWD, place, [then, then], AT_SYMLINK_NOFOLLOW)
        }
    }
}
