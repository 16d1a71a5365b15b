import RegistryModel

/// What was in a repository right before one moment, a full hour, told from what the ledger remembers.
struct PastState {
    let past: RepositoryPast
    let moment: Timestamp

    /// Where a tag pointed, and since when it was there; nil where it was not.
    func place(of tag: RepositoryPast.Tag) -> (manifest: Int64?, since: Timestamp)? {
        let moves = tag.moves.prefix { $0.since < moment }
        guard let last = moves.last else {
            return tag.firstSeen < moment ? (nil, tag.firstSeen) : nil
        }
        guard let manifest = last.manifest else { return nil }
        let life = moves.reversed().prefix { $0.manifest != nil }
        let since = life.last?.since ?? last.since
        // News of a tag may come later than what it tells of.
        let isFirstLife = life.count == moves.count
        return (manifest, isFirstLife ? min(since, tag.firstSeen) : since)
    }

    /// The last push until then, as far as it is known: by the stamp, else by the hour.
    func pushed(_ stamp: Timestamp?, _ hours: [RepositoryPast.Hour]) -> Timestamp? {
        let inHour = hours.last { $0.counts.pushes > 0 && $0.hour < moment.hour }
        let known = [
            stamp.flatMap { $0 < moment ? $0 : nil },
            // On the side of keeping, the end of the hour.
            inHour.map { Timestamp(milliseconds: ($0.hour + 1) * 3_600_000 - 1) },
        ]
        return known.compactMap(\.self).max()
    }

    /// When a manifest came to be known, given the earliest moment at which a tag pointed to it.
    func start(of manifest: RepositoryPast.Manifest, tagged: Timestamp?) -> Timestamp {
        let times = [manifest.firstSeen, manifest.pushedAt, tagged].compactMap(\.self)
        return times.min() ?? manifest.firstSeen
    }

    /// The accesses until then, in a window that begins with an hour, and of all hours known.
    func counts(
        _ hours: [RepositoryPast.Hour],
        from first: Int64?
    ) -> (window: AccessCounts, all: AccessCounts, last: Timestamp?) {
        var window = AccessCounts()
        var all = AccessCounts()
        var last: Timestamp?
        for hour in hours where hour.hour < moment.hour {
            all = all + hour.counts
            last = hour.lastAt
            if let first, hour.hour >= first { window = window + hour.counts }
        }
        return (window, all, last)
    }
}
