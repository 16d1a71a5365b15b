import RegistryModel

/// The walk over repositories: first all manifests, then all tags.
///
/// In this order a manifest that is pushed meanwhile is found through its tag.
struct RepositoryWalk {
    let root: StorageRoot
    let crew: Crew
    let places: [RepositoryPlace]

    /// Reads manifests, tags and uploads.
    func survey() throws(StorageError) -> Survey {
        var survey = Survey(places: places)
        for group in groups {
            for worker in try readRevisions(group) { merge(worker, into: &survey) }
        }
        for group in groups {
            for worker in try readTags(group) { merge(worker, into: &survey) }
        }
        sort(&survey)
        return survey
    }

    /// Repositories whose findings are merged at once, so that they are not held twice.
    private var groups: [Range<Int>] {
        stride(from: 0, to: places.count, by: Self.groupSize).map {
            $0..<min($0 + Self.groupSize, places.count)
        }
    }

    private func readRevisions(_ group: Range<Int>) throws(StorageError) -> [RepositoryWorker] {
        let first = try crew.run(group.count, makeWorker) { worker, index throws(StorageError) in
            try worker.readRevisions(UInt32(group.lowerBound + index))
        }
        return try first
            + shareDigests(first, .revisions) { worker, job, descriptor in
                worker.readRevisions(job.repository, job.names[...], descriptor)
            }
    }

    private func readTags(_ group: Range<Int>) throws(StorageError) -> [RepositoryWorker] {
        let first = try crew.run(group.count, makeWorker) { worker, index throws(StorageError) in
            try worker.readTags(UInt32(group.lowerBound + index))
        }
        let jobs = first.flatMap(\.tagRest).flatMap(\.parts)
        return try first
            + crew.run(jobs.count, makeWorker) { worker, index throws(StorageError) in
                let job = jobs[index]
                try worker.withFolder(job.repository, RepositoryWorker.tagFolder) { descriptor in
                    worker.readTags(job.repository, job.names[...], descriptor)
                }
            }
    }

    /// Shares the digests of long lists between all threads.
    func shareDigests(
        _ workers: [RepositoryWorker],
        _ folder: RepositoryWorker.LinkFolder,
        _ read: (RepositoryWorker, RepositoryWorker.Rest<PackedDigest>, Int32) -> Void
    ) throws(StorageError) -> [RepositoryWorker] {
        let jobs = workers.flatMap(\.digestRest).flatMap(\.parts)
        return try crew.run(jobs.count, makeWorker) { worker, index throws(StorageError) in
            let job = jobs[index]
            try worker.withFolder(job.repository, folder.sha256) { descriptor in
                read(worker, job, descriptor)
            }
        }
    }

    func makeWorker() -> RepositoryWorker { RepositoryWorker(root: root, places: places) }

    /// Adds what a worker found to the survey.
    func merge(_ worker: RepositoryWorker, into survey: inout Survey) {
        for found in worker.revisions {
            survey.revisions.append(
                Survey.Revision(
                    repository: found.repository,
                    manifest: survey.table.add(found.digest),
                    linkBytes: found.linkBytes,
                    modified: found.modified
                )
            )
        }
        for found in worker.tags {
            survey.tags.append(
                Survey.Tag(
                    repository: found.repository,
                    manifest: survey.table.add(found.digest),
                    name: found.name
                )
            )
        }
        for digest in worker.leftOvers { survey.leftOvers.insert(survey.table.add(digest)) }
        for (repository, moment) in worker.newest {
            survey.noteNewest(moment, repository: repository)
        }
        for repository in worker.holdsMore { survey.holdsMore[Int(repository)] = true }
        for entry in worker.doubts { survey.note(entry.doubt, repository: entry.repository) }
        survey.uploads += worker.uploads
        survey.emptyFolders += worker.emptyFolders
        survey.extras += worker.extras
    }

    private static let groupSize = 256

    private func sort(_ survey: inout Survey) {
        let table = survey.table
        survey.revisions.sort {
            ($0.repository, table[$0.manifest]) < ($1.repository, table[$1.manifest])
        }
        survey.tags.sort { ($0.repository, $0.name) < ($1.repository, $1.name) }
    }
}

extension RepositoryWorker.Rest {
    /// Itself in parts that one job reads.
    fileprivate var parts: [Self] {
        stride(from: 0, to: names.count, by: RepositoryWorker.longestList).map { start in
            let end = min(start + RepositoryWorker.longestList, names.count)
            return Self(repository: repository, names: Array(names[start..<end]))
        }
    }
}
