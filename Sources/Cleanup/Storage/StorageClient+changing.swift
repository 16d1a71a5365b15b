package import RegistryClients
package import RegistryModel
import RegistryStorage

// Tags and revisions are nothing but small files: no registry remembers them.
extension StorageClient {
    /// Removes the files of a tag, or of a manifest with all tags that point to it; the manifest's
    /// data stays, for a sweep to take.
    package func delete(
        _ repository: RepositoryName,
        _ reference: ManifestReference
    ) async throws(RegistryError) -> DeleteAnswer {
        switch reference {
        case .tag(let tag):
            let isRemoved = try await read("delete", "\(repository):\(tag)") {
                try Self.removeTag(tag, of: repository, $0)
            }
            return isRemoved ? .deleted : .alreadyGone
        case .digest(let digest):
            let tags = try await tagged(repository).filter { $0.digest == digest }.map(\.name)
            let isRemoved = try await read("delete", "\(repository)@\(digest)") { root in
                for tag in tags { _ = try Self.removeTag(tag, of: repository, root) }
                return try root.removeFile(.revisionLink(repository, digest))
            }
            return isRemoved ? .deleted : .alreadyGone
        }
    }

    private static func removeTag(
        _ tag: TagName,
        of repository: RepositoryName,
        _ root: StorageRoot
    ) throws -> Bool {
        // First of all what it points to: without that the tag is gone, whatever is left of it.
        guard try root.removeFile(.tagCurrentLink(repository, tag)) else { return false }
        let folder = StoragePath.tagFolder(repository, tag)
        guard let tree = try root.tree(folder) else { return true }
        for file in tree.files { _ = try root.removeFile(file.path) }
        for inner in tree.folders + [folder] { _ = try root.removeEmptyFolder(inner) }
        return true
    }

    /// Writes a manifest's data and links, the tag's last.
    package func put(
        _ repository: RepositoryName,
        _ reference: ManifestReference,
        bytes: [UInt8],
        mediaType: String
    ) async throws(RegistryError) -> Digest {
        let digest = Digest(hashing: bytes)
        return try await read("write", "\(repository) \(reference)") { root in
            let link = Array(digest.description.utf8)
            try Self.write(bytes, to: .blobData(digest), root)
            try Self.write(link, to: .revisionLink(repository, digest), root)
            if case .tag(let tag) = reference {
                try Self.write(link, to: .tagIndexLink(repository, tag, digest), root)
                _ = try root.removeFile(.tagCurrentLink(repository, tag))
                try Self.write(link, to: .tagCurrentLink(repository, tag), root)
            }
            return digest
        }
    }

    /// Writes a file unless it is there as it should be: a registry never rewrites what it has.
    private static func write(
        _ bytes: [UInt8],
        to path: StoragePath,
        _ root: StorageRoot
    ) throws {
        guard let facts = try root.facts(path) else {
            if let folder = path.parent { try root.makeFolders(folder) }
            return try root.write(path, bytes)
        }
        guard facts.kind == .file else { return }
        if facts.size == bytes.count, try root.read(path, atMost: bytes.count) == bytes { return }
        try Quarantine(root: root).mend(path, bytes)
    }
}
