import Foundation
import GRDB
import RegistryModel

/// Where tags pointed, by tag: what an import has asked the ledger for.
struct TagMoves {
    struct Move {
        var since: Int64
        var manifestId: Int64
    }

    private var moves: [Int64: [Move]] = [:]

    mutating func forget(_ tagId: Int64) { moves[tagId] = nil }

    /// The moves of a tag in the order of time.
    mutating func moves(of tagId: Int64, _ db: Database) throws -> [Move] {
        if let known = moves[tagId] { return known }
        let read = try db.rows(
            "SELECT since, manifestId FROM tagMove WHERE tagId = ? ORDER BY since",
            [tagId]
        ).map { Move(since: $0[0], manifestId: $0[1]) }
        if moves.count >= Self.most { moves.removeAll() }
        moves[tagId] = read
        return read
    }

    private static let most = 8_192
}

/// Writes what a chunk says that is new: facts first, then uses.
///
/// Accesses that name only a tag are credited to what the tag pointed to at their time, which pushes
/// of the same log may tell.
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

    mutating func write(
        _ chunk: ImportedChunk,
        _ tallies: [UseTally],
        _ isNew: [Bool],
        _ recorder: inout BatchRecorder
    ) throws {
        let places = chunk.uses.indices.filter { tallies[$0].count > 0 }
        for fact in Self.facts(chunk, tallies, places) {
            try write(fact.use, at: Timestamp(milliseconds: fact.time), &recorder)
        }
        for place in places.sorted(by: { tallies[$0].first < tallies[$1].first }) {
            let use = chunk.uses[place]
            switch use.class {
            case .delete: continue
            case .push: try creditPush(use, tallies[place], &recorder)
            case .pull, .resolve:
                try creditRead(use, tallies[place], &recorder) {
                    chunk.records.indices
                        .filter { isNew[$0] && Int(chunk.records[$0].use) == place }
                        .map { chunk.records[$0].time }
                }
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

    // MARK: Facts

    private typealias Fact = (use: ImportedChunk.Use, time: Int64)

    /// Pushes and deletes in the order of time, each first and last one of an hour.
    private static func facts(
        _ chunk: ImportedChunk,
        _ tallies: [UseTally],
        _ places: [Int]
    ) -> [Fact] {
        var facts: [Fact] = []
        for place in places {
            let use = chunk.uses[place]
            guard use.class == .push || use.class == .delete else { continue }
            facts.append((use, tallies[place].first))
            if tallies[place].last > tallies[place].first {
                facts.append((use, tallies[place].last))
            }
        }
        return facts.sorted { $0.time < $1.time }
    }

    private mutating func write(
        _ use: ImportedChunk.Use,
        at time: Timestamp,
        _ recorder: inout BatchRecorder
    ) throws {
        let repositoryId = try recorder.repository(use.repository, of: delivery)
        if use.class == .push {
            try writePush(use, at: time, repositoryId, &recorder)
        } else {
            // A row that is gone, or whose tag is, is another one in memory.
            if try delete(use, at: time, repositoryId, recorder) { recorder.known.forgetUses() }
        }
    }

    /// An old delete takes away what was there before it, and nothing that was seen since; true when it
    /// did.
    private func delete(
        _ use: ImportedChunk.Use,
        at time: Timestamp,
        _ repositoryId: Int64,
        _ recorder: BatchRecorder
    ) throws -> Bool {
        let writer = recorder.writer(delivery)
        if let name = use.tag {
            guard let tag = try writer.knownTag(name, in: repositoryId),
                tag.goneAt == nil, tag.movedAt <= time.milliseconds,
                tag.lastAccess <= time.milliseconds
            else { return false }
            try writer.tagGone(tag.id, at: time)
            return true
        }
        if let digest = use.digest,
            let manifest = try writer.knownManifest(digest, in: repositoryId),
            manifest.goneAt == nil, (manifest.pushedAt ?? 0) <= time.milliseconds,
            manifest.lastAccess <= time.milliseconds,
            try !recorder.wasSeen(manifest.id, after: time)
        {
            try writer.manifestGone(manifest.id, at: time)
            return true
        }
        return false
    }

    private mutating func writePush(
        _ use: ImportedChunk.Use,
        at time: Timestamp,
        _ repositoryId: Int64,
        _ recorder: inout BatchRecorder
    ) throws {
        let writer = recorder.writer(delivery)
        var manifestId: Int64?
        if let digest = use.digest {
            let key = ManifestKey(repositoryId: repositoryId, digest: digest)
            let row = try recorder.row(of: key, delivery, at: time, mediaType: use.mediaType)
            try recorder.db.run(
                "UPDATE manifest SET pushedAt = max(ifnull(pushedAt, 0), ?) WHERE id = ?",
                [time.milliseconds, row.row.id]
            )
            manifestId = row.row.id
        }
        guard let name = use.tag else { return }
        let key = TagKey(repositoryId: repositoryId, name: name)
        let isUnknown = try recorder.row(of: key) == nil
        try settle(key, pointingTo: manifestId, &recorder)
        let id = try writer.tagSeen(
            name,
            in: repositoryId,
            pointingTo: manifestId,
            at: time,
            seenAt: delivery.receivedAt,
            isPush: true
        )
        recorder.known.forget(key)
        moves.forget(id)
        if isUnknown { try hide(id, seenAt: time, recorder) }
    }

    /// What was heard of a tag whose manifest was not known is credited to it once it is: from the
    /// tables, so it has to be there.
    private mutating func settle(
        _ key: TagKey,
        pointingTo manifestId: Int64?,
        _ recorder: inout BatchRecorder
    ) throws {
        guard manifestId != nil, let tag = try recorder.row(of: key), tag.target == nil,
            sums.hours[tag.row] != nil
        else { return }
        try flush(recorder.db)
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
        let time = Timestamp(milliseconds: tally.first)
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
        try see(key, pointingTo: target?.row.id, at: time, &recorder)
        guard let tag = try recorder.row(of: key) else { return }
        add(use, tally, to: tag.row)
        if target == nil { try creditTargets(of: tag.row.id, use, tally, recorder.db, times) }
    }

    /// Notes that a tag was read, and where it pointed, where that is news.
    private mutating func see(
        _ key: TagKey,
        pointingTo target: Int64?,
        at time: Timestamp,
        _ recorder: inout BatchRecorder
    ) throws {
        let known = try recorder.row(of: key)
        if let known, known.isPresent, target == nil || known.target == target { return }
        if let known, let target, known.target != nil {
            // An older target enters the tag's history once for each time that it pointed there.
            let before = try moves.moves(of: known.row.id, recorder.db)
                .last { $0.since <= time.milliseconds }
            if before?.manifestId == target { return }
        }
        try settle(key, pointingTo: target, &recorder)
        let id = try recorder.writer(delivery).tagSeen(
            key.name,
            in: key.repositoryId,
            pointingTo: target,
            at: time,
            seenAt: delivery.receivedAt,
            isPush: false
        )
        recorder.known.forget(key)
        moves.forget(id)
        if known == nil { try hide(id, seenAt: time, recorder) }
    }

    /// Marks a tag as gone that a later listing has not found, however often it was used before.
    private func hide(_ tagId: Int64, seenAt time: Timestamp, _ recorder: BatchRecorder) throws {
        let listedAt = try recorder.db.number(
            "SELECT listedAt FROM registry WHERE id = ?",
            [delivery.registry.id]
        )
        guard let listedAt, listedAt > time.milliseconds else { return }
        try recorder.writer(delivery).tagGone(tagId, at: Timestamp(milliseconds: listedAt))
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

extension BatchRecorder {
    /// Whether a listing has found a tag of the manifest after a moment.
    func wasSeen(_ manifestId: Int64, after time: Timestamp) throws -> Bool {
        try db.number(
            """
            SELECT count(*) FROM tag WHERE manifestId = ? AND goneAt IS NULL AND movedAt > ?
            """,
            [manifestId, time.milliseconds]
        ) ?? 0 > 0
    }
}
