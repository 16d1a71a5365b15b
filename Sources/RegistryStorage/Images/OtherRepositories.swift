import Foundation
import RegistryModel

/// The repositories that are not named: whatever they need of the images' content stays.
struct OtherRepositories {
    let root: StorageRoot
    let crew: Crew
    let loader: ContentLoader
    let places: [RepositoryPlace]

    /// Takes out of the candidates what a manifest of another repository needs, and returns links
    /// to the rest.
    ///
    /// Only repositories that link a candidate are read, and each once: for content that many
    /// share, the first of them settles it.
    func release(_ content: inout ImageContent) throws(StorageError) -> [PackedDigest: [LayerLink]]
    {
        var links: [PackedDigest: [LayerLink]] = [:]
        for place in places where !content.candidates.isEmpty {
            let linked = content.candidates.filter { isLinked($0, in: place) }
            guard !linked.isEmpty else { continue }
            let walk = RepositoryWalk(root: root, crew: crew, places: [place])
            var marking = try Marking(try walk.survey(), loader)
            try marking.begin(Condemned())
            let spare = try walk.readLayers(for: &marking)
            if marking.survey.hidesReferences {
                content.candidates = []
                return [:]
            }
            for digest in linked where marking.isNeeded(digest) {
                content.candidates.remove(digest)
            }
            guard let name = place.name else { continue }
            for link in spare where content.candidates.contains(link.digest) {
                links[link.digest, default: []].append(
                    LayerLink(
                        repository: name,
                        digest: link.digest.digest,
                        bytes: link.bytes,
                        modified: link.modified
                    )
                )
            }
        }
        return links
    }

    /// Whether a repository has the digest as a layer or a manifest; also where that can't be told.
    private func isLinked(_ digest: PackedDigest, in place: RepositoryPlace) -> Bool {
        ["_layers", "_manifests/revisions"].contains { folder in
            var status = stat()
            let path = "\(place.path)/\(folder)/sha256/\(digest.hex)/link"
            guard fstatat(root.descriptor, path, &status, AT_SYMLINK_NOFOLLOW) != 0 else {
                return true
            }
            return errno != ENOENT && errno != ENOTDIR
        }
    }
}
