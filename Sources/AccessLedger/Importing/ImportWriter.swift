import GRDB
import RegistryModel

/// Writes what pieces of logs say that is new: facts first, in the order of time, then uses.
///
/// Accesses that name only a tag are credited to what the tag pointed to at their time, which pushes
/// and reads of the same logs may tell.
struct ImportWriter {
    let delivery: Delivery
    var moves: TagMoves
    /// Uses that are not written yet.
    var sums: JournalSums
    /// The newest use of each row since the transaction began.
    private(set) var raised: [CountedRow: Int64] = [:]

    init(delivery: Delivery, moves: TagMoves, sums: JournalSums) {
        self.delivery = delivery
        self.moves = moves
        self.sums = sums
    }

    mutating func write(_ merged: inout MergedUses, _ recorder: inout BatchRecorder) throws {
        let places = merged.uses.indices.filter { merged.tallies[$0].count > 0 }
        for fact in Self.facts(merged, places) { try write(fact, &recorder) }
        for place in places {
            let use = merged.uses[place]
            let tally = merged.tallies[place]
            switch use.class {
            case .delete: continue
            case .push: try creditPush(use, tally, &recorder)
            case .pull, .resolve:
                try creditRead(use, tally, &recorder) { merged.times(of: place) }
            }
        }
    }

    /// Writes the uses to where they are counted.
    mutating func flush(_ db: Database) throws {
        try Journal(db: db).write(sums)
        for (row, hours) in sums.hours {
            let last = hours.values.reduce(Int64.min) { max($0, $1.lastAt) }
            raised[row] = max(raised[row] ?? .min, last)
        }
        sums = JournalSums()
    }

    // MARK: Uses

    private mutating func creditPush(
        _ use: ImportedChunk.Use,
        _ tally: UseTally,
        _ recorder: inout BatchRecorder
    ) throws {
        let repositoryId = try recorder.repository(use.repository, of: delivery)
        let time = Timestamp(milliseconds: tally.last)
        if let digest = use.digest {
            let key = ManifestKey(repositoryId: repositoryId, digest: digest)
            add(use, tally, to: try recorder.row(of: key, delivery, at: time).row)
        }
        if let name = use.tag,
            let tag = try recorder.row(of: TagKey(repositoryId: repositoryId, name: name))
        {
            add(use, tally, to: tag.row)
        }
    }

    /// `times` are those of the new accesses, which only a tag that moved within the hour needs.
    private mutating func creditRead(
        _ use: ImportedChunk.Use,
        _ tally: UseTally,
        _ recorder: inout BatchRecorder,
        times: () -> [Int64]
    ) throws {
        let repositoryId = try recorder.repository(use.repository, of: delivery)
        var target: KnownRow?
        if let digest = use.digest {
            target = try recorder.row(
                of: ManifestKey(repositoryId: repositoryId, digest: digest),
                delivery,
                at: Timestamp(milliseconds: tally.last),
                mediaType: use.mediaType
            )
        }
        if let target { add(use, tally, to: target.row) }
        guard let name = use.tag else { return }
        let key = TagKey(repositoryId: repositoryId, name: name)
        guard let tag = try recorder.row(of: key) else { return }
        add(use, tally, to: tag.row)
        if target == nil { try creditTargets(of: tag.row.id, use, tally, recorder.db, times) }
    }

    /// Credits accesses that name only a tag: to the manifest that it pointed to then, else to every one
    /// that it may have been.
    private mutating func creditTargets(
        of tagId: Int64,
        _ use: ImportedChunk.Use,
        _ tally: UseTally,
        _ db: Database,
        _ times: () -> [Int64]
    ) throws {
        let moves = try moves.moves(of: tagId, db)
        // A stamp of whole seconds leaves open what was read within that second.
        let slack: Int64 = use.isSecondGranular ? 999 : 0
        let isSteady = !moves.contains { $0.since > tally.first && $0.since <= tally.last + slack }
        guard !isSteady else {
            for id in Self.targets(moves, at: tally.first, slack) {
                add(use, tally, to: CountedRow(kind: .manifest, id: id))
            }
            return
        }
        for time in times() {
            var one = UseTally()
            one.note(time)
            for id in Self.targets(moves, at: time, slack) {
                add(use, one, to: CountedRow(kind: .manifest, id: id))
            }
        }
    }

    private static func targets(
        _ moves: [TagMoves.Move],
        at time: Int64,
        _ slack: Int64
    ) -> Set<Int64> {
        let before = moves.last { $0.since <= time }
        let within = moves.filter { $0.since > time && $0.since <= time + slack }
        let named = Set(([before].compactMap(\.self) + within).map(\.manifestId))
        return named.isEmpty ? Set(moves.map(\.manifestId)) : named
    }

    private mutating func add(_ use: ImportedChunk.Use, _ tally: UseTally, to row: CountedRow) {
        var counts = AccessCounts()
        counts.add(use.class, tally.count)
        sums.add(
            counts,
            lastAt: tally.last,
            to: row,
            in: CountedHour(hour: use.hour, source: AccessSource.log.rawValue)
        )
    }
}
