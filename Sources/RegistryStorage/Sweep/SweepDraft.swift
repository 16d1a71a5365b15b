import RegistryModel

/// A sweep plan in the making.
struct SweepDraft {
    let mark: Mark
    let rules: SweepRules
    let now: Timestamp
    var blobs: [Removal] = []
    var manifests: [Removal] = []
    /// Uploads, links and folders.
    var others: [Removal] = []
    var kept: [KeepReason: Int] = [:]
    /// Places in `manifests` of what takes the content of a digest along.
    var takers: [Digest: Int] = [:]
    /// What manifests need that nothing holds, but which stay.
    var held: Set<PackedDigest> = []
    /// What manifests need, with themselves, which others remove before.
    var goesBefore: Set<PackedDigest> = []
    /// The bytes of what goes of that.
    var releasedBefore: [Digest: Int64] = [:]
    /// Repositories of which all links are kept: something stays in them of which it is not known
    /// what it needs.
    var heldRepositories: Set<RepositoryName> = []
    /// Repositories to which something was pushed within the grace.
    let active: Set<RepositoryName>

    init(_ mark: Mark, rules: SweepRules, now: Timestamp) {
        self.mark = mark
        self.rules = rules
        self.now = now
        var active: Set<RepositoryName> = []
        for repository in mark.repositories {
            guard !rules.isNow, let newest = repository.newest else { continue }
            if newest > now - rules.grace { active.insert(repository.name) }
        }
        self.active = active
        for revision in mark.keptUntagged { keep(KeepReason(revision.hold)) }
    }

    mutating func keep(_ reason: KeepReason) { kept[reason, default: 0] += 1 }

    func isYoung(_ moment: Timestamp) -> Bool { !rules.isNow && moment > now - rules.grace }

    func mayLose(_ repository: RepositoryName) -> Bool { rules.repositories?(repository) ?? true }

    /// The newest of a blob's data, its links, and the last event that named it.
    func newest(_ blob: UnreferencedBlob) -> Timestamp {
        let times = blob.links.map(\.modified) + [rules.lastNamed(blob.digest)].compactMap(\.self)
        return times.reduce(blob.modified, max)
    }
}

extension KeepReason {
    fileprivate init(_ hold: Mark.Hold) {
        self =
            switch hold {
            case .inKeptIndex: .inKeptIndex
            case .referrerOfKept: .referrerOfKept
            case .taggedManifest: .taggedManifest
            case .repositoryUnreadable: .unreadable
            }
    }
}
