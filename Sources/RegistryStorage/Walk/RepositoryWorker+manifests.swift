import Foundation
import RegistryModel

extension RepositoryWorker {
    /// Reads the manifests of a repository and its uploads.
    func readRevisions(_ repository: UInt32) throws(StorageError) {
        try listDigests(repository, .revisions) { names, descriptor in
            readRevisions(repository, names, descriptor)
        }
        try readUploads(repository)
    }

    func readRevisions(
        _ repository: UInt32,
        _ names: ArraySlice<PackedDigest>,
        _ descriptor: Int32
    ) {
        for digest in names {
            guard let link = checkedLink(repository, .revisions, digest, descriptor) else {
                continue
            }
            revisions.append(
                FoundRevision(
                    repository: repository,
                    digest: digest,
                    linkBytes: link.bytes,
                    modified: link.modified
                )
            )
        }
    }

    /// Reads a repository's tags.
    func readTags(_ repository: UInt32) throws(StorageError) {
        try withFolder(repository, Self.tagFolder) { descriptor in
            var names: [TagName] = []
            list(repository, Self.tagFolder, descriptor) { name, kind in
                holdsMore.insert(repository)
                if kind == .folder, let tag = TagName(name.text) { return names.append(tag) }
                if kind == .file, name.isUnfinished { return }
                doubt(
                    repository,
                    "\(Self.tagFolder)/\(name.text)",
                    .repository,
                    "not the folder of a tag, as all here should be"
                )
            }
            guard names.count <= Self.longestList else {
                tagRest.append(Rest(repository: repository, names: names))
                return
            }
            readTags(repository, names[...], descriptor)
        }
    }

    func readTags(_ repository: UInt32, _ names: ArraySlice<TagName>, _ descriptor: Int32) {
        for name in names {
            let link = "\(Self.tagFolder)/\(name)/current/link"
            switch readLink(descriptor, path.set(name.description, "/current/link")) {
            case .digest(let digest, _, let modified):
                tags.append(
                    FoundTag(
                        repository: repository,
                        digest: digest,
                        name: name,
                        modified: modified
                    )
                )
            case .rubbish: doubt(repository, link, .repository, "it does not hold a digest")
            case .failed(let number):
                let text = number == ELOOP ? "a symbolic link" : String(cString: strerror(number))
                doubt(repository, link, .repository, "it can't be read: \(text)")
            case .missing: noteHeadless(repository, name, descriptor)
            }
        }
    }

    /// A tag that remembers manifests and points to none has lost what it points to; one without
    /// either is being made or removed.
    private func noteHeadless(_ repository: UInt32, _ name: TagName, _ descriptor: Int32) {
        let index = path.set(name.description, "/index/sha256")
        let opened = root.opening.open(descriptor, index, O_RDONLY | O_DIRECTORY)
        guard opened >= 0 else { return }
        defer { close(opened) }
        var isEmpty = true
        _ = entries.forEach(in: opened) { entry, kind in
            guard isEmpty else { return }
            var status = stat()
            // A folder without a link in it is what a removal has left.
            isEmpty =
                kind == .folder
                && fstatat(opened, "\(entry.text)/link", &status, AT_SYMLINK_NOFOLLOW) != 0
                && errno == ENOENT
        }
        guard !isEmpty else { return }
        doubt(
            repository,
            "\(Self.tagFolder)/\(name)",
            .repository,
            "the tag does not say what it points to"
        )
    }

    /// Reads the uploads, which hold no references: what is odd is only left alone itself.
    private func readUploads(_ repository: UInt32) throws(StorageError) {
        guard let name = places[Int(repository)].name else { return }
        var found: [UploadName] = []
        var odd: [String] = []
        try withFolder(repository, "_uploads") { descriptor in
            list(repository, "_uploads", descriptor) { entry, kind in
                holdsMore.insert(repository)
                if kind == .folder, let upload = UploadName(entry.text) {
                    return found.append(upload)
                }
                odd.append(entry.text)
            }
        }
        for upload in found { readUpload(repository, name, upload) }
        for entry in odd {
            let place = "_uploads/\(entry)"
            let size = size(of: places[Int(repository)].path.below(place))
            doubt(repository, place, .entry, "not the folder of an upload\(size)")
        }
    }

    /// How large something is that no registry made, and since when; whoever made it has to remove it.
    private func size(of path: StoragePath) -> String {
        let found: (bytes: Int64, modified: Timestamp)?
        do throws(StorageError) {
            if let tree = try root.tree(path) {
                found = (tree.bytes, tree.modified)
            } else {
                found = try root.facts(path).map { ($0.size, $0.modified) }
            }
        } catch {
            return ": \(error)"
        }
        guard let found else { return "" }
        let written = Date(timeIntervalSince1970: Double(found.modified.milliseconds) / 1_000)
            .formatted(.iso8601)
        return ": \(ByteCount(found.bytes)), last written \(written); remove it if it is nobody's"
    }

    private func readUpload(_ repository: UInt32, _ name: RepositoryName, _ upload: UploadName) {
        let folder = StoragePath.uploadFolder(name, upload)
        let text: String
        do throws(StorageError) {
            guard let tree = try root.tree(folder) else { return }
            noteNewest(repository, tree.modified)
            guard !tree.others.isEmpty else { return take(tree, name, upload) }
            text = "it holds what no upload does: \(tree.others[0])"
        } catch {
            text = "\(error)"
        }
        doubt(repository, "_uploads/\(upload)", .entry, text)
    }

    private func take(_ tree: StorageRoot.Tree, _ name: RepositoryName, _ upload: UploadName) {
        guard !tree.files.isEmpty else {
            let folders = tree.folders + [StoragePath.uploadFolder(name, upload)]
            emptyFolders += folders.map {
                EmptyFolder(path: $0, repository: name, modified: tree.modified)
            }
            return
        }
        uploads.append(
            PendingUpload(
                repository: name,
                name: upload,
                bytes: tree.bytes,
                lastWrite: tree.modified,
                files: tree.files.map(\.path)
            )
        )
    }

    static let tagFolder = "_manifests/tags"
}
