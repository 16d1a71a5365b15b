import Foundation
import RegistryModel

/// The walk over what tags remember, for manifests that go.
struct TagIndexWalk {
    struct Found: Sendable {
        var tag: Int
        var digest: PackedDigest
        var bytes: Int64
    }

    final class Worker: Workbench {
        var found: [Found] = []
    }

    /// Reads the index of each tag of `survey` whose repository loses a manifest; the digests of
    /// those are in `going`, by repository.
    ///
    /// What can't be read is left alone: an entry for a manifest that is gone does no harm.
    static func read(
        root: StorageRoot,
        crew: Crew,
        survey: Survey,
        going: [UInt32: Set<PackedDigest>]
    ) throws(StorageError) -> [Found] {
        let tags = survey.tags.indices.filter { going[survey.tags[$0].repository] != nil }
        let jobs = (tags.count + share - 1) / share
        let makeWorker = { Worker(root: root) }
        let workers = try crew.run(jobs, makeWorker) { worker, job in
            for tag in tags[(job * share)..<min((job + 1) * share, tags.count)] {
                let repository = survey.tags[tag].repository
                guard let digests = going[repository],
                    let name = survey.places[Int(repository)].name
                else { continue }
                worker.read(tag, .tagFolder(name, survey.tags[tag].name), digests)
            }
        }
        return workers.flatMap(\.found)
    }

    /// How many tags one thread reads at a time.
    private static let share = 64
}

extension TagIndexWalk.Worker {
    fileprivate func read(_ tag: Int, _ folder: StoragePath, _ digests: Set<PackedDigest>) {
        let descriptor = root.opening.open(
            root.descriptor,
            folder.below("index/sha256").description,
            O_RDONLY | O_DIRECTORY
        )
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        _ = entries.forEach(in: descriptor) { name, kind in
            guard kind == .folder, let digest = PackedDigest(hex: name.bytes),
                digests.contains(digest),
                let status = look(descriptor, path.set(digest, "/link")),
                status.st_mode & S_IFMT == S_IFREG
            else { return }
            found.append(
                TagIndexWalk.Found(tag: tag, digest: digest, bytes: Int64(status.st_size))
            )
        }
    }
}
