package import RegistryModel

/// Replays a policy over what the ledger remembers of one repository, moment by moment.
///
/// Pure: the same past gives the same answer. What was removed in the replay stays away until
/// somebody pushed it again; what the registry really lost meanwhile is gone for the replay, too.
package struct Replay: Sendable {
    /// Something that the policy would have removed.
    package struct Removal: Sendable, Equatable {
        package var item: PlanItem
        /// When it would have gone.
        package var at: Timestamp
        /// When it came back by a push; nil where it did not.
        package var backAt: Timestamp?
        /// Requests after it had gone, until it came back.
        package var asked: Asked?
    }

    /// Requests for something that would have been gone, by the hours in which they came.
    package struct Asked: Sendable, Equatable {
        package var first: Timestamp
        package var last: Timestamp
        package var count: Int
    }

    let past: RepositoryPast
    let request: PlanRequest
    let coverage: [String: Coverage]
    let manifests: [Int64: RepositoryPast.Manifest]
    let rows: [Digest: Int64]
    let tags: [Int64: RepositoryPast.Tag]
    /// Where tags came to point to each manifest, in order of time.
    let pointings: [Int64: [Pointing]]
    /// References to each blob from elsewhere than this repository, as it is now.
    let elsewhere: [Int64: Int]
    package private(set) var removals: [Removal] = []
    var removedTags: [Int64: Timestamp] = [:]
    var removedManifests: [Int64: Timestamp] = [:]

    /// A moment from which on a tag pointed to a manifest, and until when.
    struct Pointing: Sendable {
        var tag: Int64
        var since: Timestamp
        var until: Timestamp?
    }

    /// Prepares to replay the policies of `request`, whose `now` is set at each step.
    package init(past: RepositoryPast, request: PlanRequest, coverage: [String: Coverage]) {
        self.past = past
        self.request = request
        self.coverage = coverage
        manifests = Dictionary(past.manifests.map { ($0.id, $0) }) { first, _ in first }
        rows = Dictionary(past.manifests.map { ($0.digest, $0.id) }) { first, _ in first }
        tags = Dictionary(past.tags.map { ($0.id, $0) }) { first, _ in first }
        pointings = Self.pointings(past.tags)
        var elsewhere: [Int64: Int] = [:]
        for manifest in past.manifests {
            for blob in manifest.blobs {
                let isHere = manifest.goneAt == nil && manifest.reading == .read
                elsewhere[blob.id, default: blob.references] -= isHere ? 1 : 0
            }
        }
        self.elsewhere = elsewhere
    }

    private static func pointings(_ tags: [RepositoryPast.Tag]) -> [Int64: [Pointing]] {
        var found: [Int64: [Pointing]] = [:]
        for tag in tags {
            for (index, move) in tag.moves.enumerated() {
                guard let manifest = move.manifest else { continue }
                let next = index + 1 < tag.moves.count ? tag.moves[index + 1].since : nil
                found[manifest, default: []]
                    .append(Pointing(tag: tag.id, since: move.since, until: next))
            }
        }
        return found.mapValues { $0.sorted { $0.since < $1.since } }
    }

    /// Plans as it would have been planned at `moment`, a full hour, and removes that.
    ///
    /// - Returns: what would have gone then, and why the rest stayed.
    @discardableResult
    package mutating func step(
        at moment: Timestamp
    ) -> (removed: PackedList<PlanItem>, kept: [Reason: Int]) {
        var request = request
        request.now = moment
        var planner = Planner(request: request, coverage: coverage)
        planner.consider(slice(at: moment))
        for item in planner.items {
            if let tag = item.tagID { removedTags[tag] = moment }
            if item.kind == .manifest || item.removesManifest, let manifest = item.manifestID {
                removedManifests[manifest] = moment
            }
            removals.append(outcome(of: item, at: moment))
        }
        return (planner.items, planner.keptReasons)
    }

    // MARK: What came of it

    private func outcome(of item: PlanItem, at moment: Timestamp) -> Removal {
        var removal = Removal(item: item, at: moment)
        let classes =
            request.policies.deciding(
                registry: past.facts.registry,
                repository: past.facts.name
            )?.count ?? Policy.defaultCount
        let reads = classes.subtracting([.push])
        var asked: [Asked] = []
        if let tag = item.tagID.flatMap({ tags[$0] }) {
            removal.backAt = back(tag, after: moment)
            asked.append(contentsOf: requests(tag.hours, moment, removal.backAt, reads))
        }
        if item.kind == .manifest || item.removesManifest,
            let manifest = item.manifestID.flatMap({ manifests[$0] })
        {
            let back = back(manifest, after: moment)
            if item.tagID == nil { removal.backAt = back }
            asked.append(contentsOf: requests(manifest.hours, moment, back, reads))
        }
        let missed = missed(item, after: moment, until: removal.backAt)
        let all = asked + missed
        guard let first = all.map(\.first).min(), let last = all.map(\.last).max() else {
            return removal
        }
        // A request by tag is credited to both the tag and the manifest.
        let count = (asked.map(\.count).max() ?? 0) + missed.reduce(0) { $0 + $1.count }
        removal.asked = Asked(first: first, last: last, count: count)
        return removal
    }

    /// Requests that were really answered 404, since a run of ours had removed it meanwhile.
    private func missed(
        _ item: PlanItem,
        after moment: Timestamp,
        until back: Timestamp?
    ) -> [Asked] {
        let isManifest = item.kind == .manifest || item.removesManifest
        return past.missed.filter { missed in
            guard missed.first >= moment, back.map({ missed.first < $0 }) ?? true else {
                return false
            }
            if let tag = missed.tag { return tag == item.tag }
            return isManifest && missed.digest == item.digest
        }
        .map { Asked(first: $0.first, last: $0.last, count: $0.count) }
    }

    func back(_ tag: RepositoryPast.Tag, after moment: Timestamp) -> Timestamp? {
        let move = tag.moves.first { $0.since >= moment && $0.manifest != nil }?.since
        return [move, push(tag.pushedAt, tag.hours, after: moment)].compactMap(\.self).min()
    }

    func back(_ manifest: RepositoryPast.Manifest, after moment: Timestamp) -> Timestamp? {
        let pointing = pointings[manifest.id]?.first { $0.since >= moment }?.since
        let push = push(manifest.pushedAt, manifest.hours, after: moment)
        return [pointing, push].compactMap(\.self).min()
    }

    /// The first push after `moment`, by the hour where there was a later one.
    private func push(
        _ stamp: Timestamp?,
        _ hours: [RepositoryPast.Hour],
        after moment: Timestamp
    ) -> Timestamp? {
        let hour = hours.first { $0.counts.pushes > 0 && $0.hour >= moment.hour }
            .map { Timestamp(milliseconds: $0.hour * 3_600_000) }
        return [stamp.flatMap { $0 >= moment ? $0 : nil }, hour].compactMap(\.self).min()
    }

    /// The requests from `moment` on until the hour in which it came back.
    private func requests(
        _ hours: [RepositoryPast.Hour],
        _ moment: Timestamp,
        _ back: Timestamp?,
        _ classes: Set<AccessClass>
    ) -> [Asked] {
        let end = back?.hour ?? .max
        let later = hours.filter {
            $0.hour >= moment.hour && $0.hour < end && $0.counts.total(of: classes) > 0
        }
        guard let first = later.first, let last = later.last else { return [] }
        return [
            Asked(
                first: max(Timestamp(milliseconds: first.hour * 3_600_000), moment),
                last: last.lastAt,
                count: later.reduce(0) { $0 + $1.counts.total(of: classes) }
            )
        ]
    }
}
