import Foundation
import RegistryModel

extension RepositoryWorker {
    /// The folders of a repository that hold a folder with a `link` for each digest.
    enum LinkFolder: Sendable {
        case revisions
        case layers

        var path: String {
            switch self {
            case .revisions: "_manifests/revisions"
            case .layers: "_layers"
            }
        }

        var sha256: String { path + "/sha256" }
    }

    /// Lists the digests that have a folder, and hands the names of short lists to `read` at once.
    func listDigests(
        _ repository: UInt32,
        _ folder: LinkFolder,
        _ read: (ArraySlice<PackedDigest>, Int32) -> Void
    ) throws(StorageError) {
        try checkAlgorithms(repository, folder)
        try withFolder(repository, folder.sha256) { descriptor in
            var names: [PackedDigest] = []
            list(repository, folder.sha256, descriptor) { name, kind in
                let digest = PackedDigest(hex: name.bytes)
                if let digest, kind == .folder { return names.append(digest) }
                if kind == .file, name.isUnfinished { return }
                doubt(
                    repository,
                    "\(folder.sha256)/\(name.text)",
                    .repository,
                    "not the folder of a digest, as all here should be"
                )
                if let digest { keep(repository, digest) }
            }
            if !names.isEmpty { holdsMore.insert(repository) }
            guard names.count <= Self.longestList else {
                digestRest.append(Rest(repository: repository, names: names))
                return
            }
            read(names[...], descriptor)
        }
    }

    /// Other algorithms than SHA-256 are not read, so what they refer to is not known.
    private func checkAlgorithms(
        _ repository: UInt32,
        _ folder: LinkFolder
    ) throws(StorageError) {
        var others: [(name: String, kind: FileKind)] = []
        try withFolder(repository, folder.path) { descriptor in
            list(repository, folder.path, descriptor) { name, kind in
                if kind == .folder, name.text == "sha256" { return }
                others.append((name.text, kind))
            }
        }
        for other in others {
            let rest = "\(folder.path)/\(other.name)"
            switch other.kind {
            case .folder:
                try withFolder(repository, rest) { descriptor in
                    var isEmpty = true
                    list(repository, rest, descriptor) { _, _ in isEmpty = false }
                    guard !isEmpty else { return }
                    doubt(repository, rest, .repository, "digests other than SHA-256 are not read")
                }
            case .link: doubt(repository, rest, .registry, RepositoryDiscovery.linkText)
            case .file, .other:
                doubt(repository, rest, .entry, "a file where only folders belong")
            }
        }
    }

    /// Reads the `link` of a digest's folder, and says when it was written; nil where there is none
    /// or it can't be trusted.
    func checkedLink(
        _ repository: UInt32,
        _ folder: LinkFolder,
        _ digest: PackedDigest,
        _ descriptor: Int32
    ) -> (bytes: Int64, modified: Timestamp)? {
        switch readLink(descriptor, path.set(digest, "/link")) {
        case .digest(digest, let bytes, let modified): return (bytes, modified)
        case .digest(let other, _, _):
            keep(repository, other)
            doubtLink(repository, folder, digest, "it names \(other.digest) instead")
        case .rubbish: doubtLink(repository, folder, digest, "it does not hold a digest")
        case .failed(let number):
            let text = number == ELOOP ? "a symbolic link" : String(cString: strerror(number))
            doubtLink(repository, folder, digest, "it can't be read: \(text)")
        case .missing:
            guard let name = places[Int(repository)].name,
                let status = look(descriptor, path.set(digest, ""))
            else { return nil }
            let path: StoragePath =
                switch folder {
                case .revisions: .revisionFolder(name, digest.digest)
                case .layers: .layerFolder(name, digest.digest)
                }
            emptyFolders.append(
                EmptyFolder(path: path, repository: name, modified: Timestamp(modified: status))
            )
            if folder == .revisions { leftOvers.append(digest) }
        }
        return nil
    }

    private func doubtLink(
        _ repository: UInt32,
        _ folder: LinkFolder,
        _ digest: PackedDigest,
        _ text: String
    ) {
        keep(repository, digest)
        doubt(repository, "\(folder.sha256)/\(digest.hex)/link", .repository, text)
    }

    /// Lists that are longer are shared between threads.
    static let longestList = 1_024
}
