package import RegistryModel

/// A path below the storage's root, which it can't leave.
///
/// It is made only from parts that were checked: no part is empty, `.` or `..`, or holds a slash or
/// a NUL. Whether a part is a symbolic link is `StorageRoot`'s concern.
package struct StoragePath: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Relative, `docker/registry/v2/blobs/sha256/ab/abc…/data`.
    package let description: String

    /// Parses a relative path, such as one read back from the quarantine.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.allSatisfy({ Self.isPart($0) }) else { return nil }
        description = text
    }

    /// Takes `text` as it is; only for what was made of checked parts.
    init(unchecked text: String) { description = text }

    /// The folder that it is in; nil for what lies in the root itself.
    package var parent: StoragePath? {
        guard let slash = description.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return StoragePath(unchecked: String(description[..<slash]))
    }

    /// The last part.
    package var name: Substring {
        guard let slash = description.utf8.lastIndex(of: UInt8(ascii: "/")) else {
            return Substring(description)
        }
        return description[description.utf8.index(after: slash)...]
    }

    /// The path of `name` in this folder; nil for a name that no folder can hold.
    package func appending(_ name: some StringProtocol) -> StoragePath? {
        guard Self.isPart(name.utf8) else { return nil }
        return StoragePath(unchecked: "\(description)/\(name)")
    }

    package static func < (left: StoragePath, right: StoragePath) -> Bool {
        left.description < right.description
    }

    private static func isPart(_ bytes: some Collection<UInt8>) -> Bool {
        guard !bytes.isEmpty, bytes.allSatisfy({ $0 != 0 && $0 != UInt8(ascii: "/") }) else {
            return false
        }
        let dots = bytes.prefix(3)
        return !(dots.count < 3 && dots.allSatisfy { $0 == UInt8(ascii: ".") })
    }
}

/// The filesystem driver's layout (distribution, `registry/storage/paths.go`).
extension StoragePath {
    package static let base = StoragePath(unchecked: "docker/registry/v2")
    package static let blobs = StoragePath(unchecked: "docker/registry/v2/blobs")
    static let sha256Blobs = StoragePath(unchecked: "docker/registry/v2/blobs/sha256")
    package static let repositories = StoragePath(unchecked: "docker/registry/v2/repositories")

    package static func blobFolder(_ digest: Digest) -> StoragePath {
        let hex = digest.encoded
        return blobs.below("\(digest.algorithm)/\(hex.prefix(2))/\(hex)")
    }

    package static func blobData(_ digest: Digest) -> StoragePath {
        let hex = digest.encoded
        return blobs.below("\(digest.algorithm)/\(hex.prefix(2))/\(hex)/data")
    }

    package static func repository(_ name: RepositoryName) -> StoragePath {
        repositories.below(name.description)
    }

    package static func layerFolder(_ name: RepositoryName, _ digest: Digest) -> StoragePath {
        repository(name).below("_layers/\(digest.algorithm)/\(digest.encoded)")
    }

    package static func layerLink(_ name: RepositoryName, _ digest: Digest) -> StoragePath {
        repositories.below("\(name)/_layers/\(digest.algorithm)/\(digest.encoded)/link")
    }

    package static func revisionFolder(_ name: RepositoryName, _ digest: Digest) -> StoragePath {
        repository(name)
            .below("_manifests/revisions/\(digest.algorithm)/\(digest.encoded)")
    }

    package static func revisionLink(_ name: RepositoryName, _ digest: Digest) -> StoragePath {
        repositories
            .below("\(name)/_manifests/revisions/\(digest.algorithm)/\(digest.encoded)/link")
    }

    package static func tagFolder(_ name: RepositoryName, _ tag: TagName) -> StoragePath {
        repository(name).below("_manifests/tags/\(tag)")
    }

    package static func tagCurrentLink(_ name: RepositoryName, _ tag: TagName) -> StoragePath {
        tagFolder(name, tag).below("current/link")
    }

    /// Where a tag's folder remembers that it once pointed to `digest`.
    package static func tagIndexFolder(
        _ name: RepositoryName,
        _ tag: TagName,
        _ digest: Digest
    ) -> StoragePath {
        tagFolder(name, tag).below("index/\(digest.algorithm)/\(digest.encoded)")
    }

    package static func tagIndexLink(
        _ name: RepositoryName,
        _ tag: TagName,
        _ digest: Digest
    ) -> StoragePath {
        tagIndexFolder(name, tag, digest).below("link")
    }

    package static func uploadFolder(_ name: RepositoryName, _ upload: UploadName) -> StoragePath {
        repository(name).below("_uploads/\(upload)")
    }

    /// The path of `rest`, which is made of checked parts, below this one.
    func below(_ rest: String) -> StoragePath {
        StoragePath(unchecked: "\(description)/\(rest)")
    }
}
