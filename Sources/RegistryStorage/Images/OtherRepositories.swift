import CLinux
import Foundation
import RegistryModel

/// The repositories that are not named: whatever they need of the images' content stays.
struct OtherRepositories {
    let root: StorageRoot
    let crew: Crew
    let loader: ContentLoader
    let places: [RepositoryPlace]

    /// What one thread finds.
    private final class Worker: Workbench {
        /// Places of repositories, each with what it may hold.
        var found: [(place: Int, digests: [PackedDigest])] = []
    }

    /// Takes out of the candidates what a manifest of another repository needs, and adds the links
    /// of those repositories to the rest.
    ///
    /// Only repositories that link something of the images are read, and each once: for content that many
    /// share, the first of them settles it.
    func release(_ content: inout ImageContent) throws(StorageError) {
        guard !content.traces.isEmpty else { return }
        for (place, digests) in try linked(Array(content.traces)) {
            guard !content.traces.isDisjoint(with: digests) else { continue }
            let walk = RepositoryWalk(root: root, crew: crew, places: [places[place]])
            var marking = try Marking(try walk.survey(), loader)
            try marking.begin(Condemned())
            let spare = try walk.readLayers(for: &marking)
            content.take(marking, spare)
        }
    }

    /// The repositories that may hold some of the digests, in order.
    private func linked(
        _ digests: [PackedDigest]
    ) throws(StorageError) -> [(place: Int, digests: [PackedDigest])] {
        let makeWorker = { [root] in Worker(root: root) }
        let workers = try crew.run(places.count, makeWorker) { worker, index in
            let found = held(digests, by: places[index], worker)
            if !found.isEmpty { worker.found.append((index, found)) }
        }
        return workers.flatMap(\.found).sorted { $0.place < $1.place }
    }

    /// Those of the digests that a repository has as a layer or a manifest; all of them where that
    /// can't be told.
    private func held(
        _ digests: [PackedDigest],
        by place: RepositoryPlace,
        _ worker: Worker
    ) -> [PackedDigest] {
        var found: [PackedDigest] = []
        for part in [RepositoryWorker.LinkFolder.layers, .revisions] {
            let folder = root.opening.open(
                root.descriptor,
                place.path.below(part.sha256).description,
                clinux_path_flag() | O_DIRECTORY
            )
            guard folder >= 0 else {
                if errno == ENOENT { continue }
                return digests
            }
            found += digests.filter { isLinked($0, in: folder, worker) }
            close(folder)
        }
        return found
    }

    /// Whether there is a link, or anything but a folder without one.
    private func isLinked(_ digest: PackedDigest, in folder: Int32, _ worker: Worker) -> Bool {
        guard let status = worker.look(folder, worker.path.set(digest, "")) else {
            return errno != ENOENT
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { return true }
        return worker.look(folder, worker.path.set(digest, "/link")) != nil || errno != ENOENT
    }
}
