package import RegistryModel

/// What a tree holds, for the ledger.
package struct StorageInventory: Sendable {
    package struct Tag: Sendable, Equatable {
        package var name: TagName
        package var digest: Digest
        /// When the tag was last pushed.
        package var modified: Timestamp
    }

    package struct Revision: Sendable, Equatable {
        package var digest: Digest
        package var modified: Timestamp
    }

    let root: StorageRoot

    package init(root: StorageRoot) { self.root = root }

    package func repositories() throws(StorageError) -> [RepositoryName] {
        var found: [RepositoryName] = []
        var waiting: [(path: StoragePath, name: String)] = [(.repositories, "")]
        while let place = waiting.popLast() {
            for entry in try root.list(place.path) ?? [] where entry.kind == .folder {
                if entry.name.hasPrefix("_") {
                    guard Self.marks.contains(entry.name), let name = RepositoryName(place.name),
                        found.last != name
                    else { continue }
                    found.append(name)
                } else if let path = place.path.appending(entry.name) {
                    let name = place.name.isEmpty ? entry.name : "\(place.name)/\(entry.name)"
                    waiting.append((path, name))
                }
            }
        }
        return Set(found).sorted()
    }

    private static let marks: Set<String> = ["_manifests", "_layers", "_uploads"]

    /// - Throws: Also where a tag's link holds no digest: without it, its manifest would look
    ///   untagged.
    package func tags(of repository: RepositoryName) throws(StorageError) -> [Tag] {
        let folder = StoragePath.repository(repository).below("_manifests/tags")
        var found: [Tag] = []
        for entry in try root.list(folder) ?? [] where entry.kind == .folder {
            guard let tag = TagName(entry.name) else { continue }
            let path = StoragePath.tagCurrentLink(repository, tag)
            guard let facts = try root.facts(path), let digest = try digest(path) else { continue }
            found.append(Tag(name: tag, digest: digest, modified: facts.modified))
        }
        return found.sorted { $0.name < $1.name }
    }

    private func digest(_ path: StoragePath) throws(StorageError) -> Digest? {
        guard let bytes = try root.read(path, atMost: 256) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let digest = Digest(text.hasSuffix("\n") ? String(text.dropLast()) : text) else {
            throw StorageError(
                operation: "understand",
                subject: root.absolute(path),
                kind: .notADigest
            )
        }
        return digest
    }

    package func revisions(of repository: RepositoryName) throws(StorageError) -> [Revision] {
        let folder = StoragePath.repository(repository).below("_manifests/revisions")
        var found: [Revision] = []
        for algorithm in try root.list(folder) ?? [] where algorithm.kind == .folder {
            guard let inner = folder.appending(algorithm.name) else { continue }
            for entry in try root.list(inner) ?? [] {
                guard let digest = Digest("\(algorithm.name):\(entry.name)"),
                    let facts = try root.facts(.revisionLink(repository, digest))
                else { continue }
                found.append(Revision(digest: digest, modified: facts.modified))
            }
        }
        return found.sorted { $0.digest < $1.digest }
    }

    /// A manifest's bytes, which have its digest; nil where the repository does not hold it.
    package func manifest(
        _ repository: RepositoryName,
        _ digest: Digest
    ) throws(StorageError) -> [UInt8]? {
        guard try root.facts(.revisionLink(repository, digest)) != nil else { return nil }
        let path = StoragePath.blobData(digest)
        guard let bytes = try root.read(path, atMost: ManifestContent.longest) else { return nil }
        guard digest.algorithm != "sha256" || Digest(hashing: bytes) == digest else {
            throw StorageError(
                operation: "trust",
                subject: root.absolute(path),
                kind: .notItsDigest
            )
        }
        return bytes
    }
}
