import RegistryModel

extension RepositoryWalk {
    /// Reads all layer links, and returns those to what nothing needs.
    ///
    /// All that a doubtful repository links becomes needed, also where the doubt comes up here.
    func readLayers(for marking: inout Marking) throws(StorageError) -> [FoundLink] {
        let before = marking.survey.doubtful
        let workers = try collectLayers(marking)
        for worker in workers { merge(worker, into: &marking.survey) }
        let turned = places.indices.filter { marking.survey.doubtful[$0] && !before[$0] }
        try marking.examine(turned.map { UInt32($0) })
        let links = workers.flatMap(\.links)
        for link in links where marking.survey.doubtful[Int(link.repository)] {
            marking.need(link.digest)
        }
        for extra in marking.survey.extras { marking.need(extra.digest) }
        return links.filter { !marking.isNeeded($0.digest) }
    }

    private func collectLayers(
        _ marking: Marking
    ) throws(StorageError) -> [RepositoryWorker] {
        let takes = { (repository: UInt32, digest: PackedDigest) in
            marking.survey.doubtful[Int(repository)] || !marking.isNeeded(digest)
        }
        let first = try crew.run(places.count, makeWorker) { worker, index throws(StorageError) in
            try worker.readLayers(UInt32(index), where: takes)
        }
        return try first
            + shareDigests(first, .layers) { worker, job, descriptor in
                worker.readLayers(job.repository, job.names[...], descriptor, where: takes)
            }
    }
}
