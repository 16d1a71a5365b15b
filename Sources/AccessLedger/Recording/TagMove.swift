import RegistryModel

/// A moment from which on a tag pointed to a manifest.
struct TagMove {
    var since: Int64
    var digest: Digest

    /// What the tag of `moves`, which are in the order of time, may have pointed to between two
    /// moments; where that is not known, everything that it ever pointed to.
    static func digests(in moves: [TagMove], from: Timestamp, to: Timestamp) -> [Digest] {
        let first = moves.lastIndex { $0.since <= from.milliseconds } ?? 0
        let between = moves[first...].prefix { $0.since <= to.milliseconds }
        var found: [Digest] = []
        for move in between.isEmpty ? moves[...] : between where !found.contains(move.digest) {
            found.append(move.digest)
        }
        return found
    }
}
