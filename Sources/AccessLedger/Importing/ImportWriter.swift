import GRDB
import RegistryModel

/// Writes what pieces of logs say that is new: facts first, in the order of time, then uses.
///
/// Accesses that name only a tag are credited to what the tag pointed to at their time, which pushes
/// and reads of the same logs may tell.
struct ImportWriter {
    let delivery: Delivery
    let names: ImportNames
    var moves: TagMoves
    /// Pushes that are still to be noted in the rows of what was pushed.
    var pushes = PendingPushes()
    private var credits = HourCredits()
    /// The newest use of each row since the transaction began.
    private(set) var raised: [CountedRow: Int64] = [:]
    private var repositoryIds: [Int32: Int64] = [:]
    // What uses are credited to, by the numbers of their names.
    private var manifests: [UInt64: CountedRow] = [:]
    private var tags: [UInt64: CountedRow?] = [:]

    init(delivery: Delivery, names: ImportNames, moves: TagMoves) {
        self.delivery = delivery
        self.names = names
        self.moves = moves
    }

    mutating func write(_ merged: inout MergedUses, _ recorder: inout BatchRecorder) throws {
        let places = merged.uses.indices.filter { merged.tallies[$0].count > 0 }
        try writeFacts(merged, places, &recorder)
        for place in places {
            let use = merged.uses[place]
            let tally = merged.tallies[place]
            switch use.name.class {
            case .delete: continue
            case .push: try creditPush(use, tally, &recorder)
            case .pull, .resolve:
                try creditRead(use, tally, &recorder) { merged.times(of: place) }
            }
        }
        raised = try credits.write(recorder.db)
    }

    mutating func repository(_ number: Int32, _ recorder: inout BatchRecorder) throws -> Int64 {
        if let id = repositoryIds[number] { return id }
        let id = try recorder.repository(names.repositories.names[Int(number)], of: delivery)
        repositoryIds[number] = id
        return id
    }

    func manifestKey(_ name: UseName, in repositoryId: Int64) -> ManifestKey? {
        guard name.digest >= 0 else { return nil }
        let digest = names.digests.names[Int(name.digest)]
        return ManifestKey(repositoryId: repositoryId, digest: digest)
    }

    func tagKey(_ name: UseName, in repositoryId: Int64) -> TagKey? {
        guard name.tag >= 0 else { return nil }
        return TagKey(repositoryId: repositoryId, name: names.tags.names[Int(name.tag)])
    }

    func mediaType(of use: ImportedChunk.Use) -> String? {
        use.mediaType < 0 ? nil : names.mediaTypes.names[Int(use.mediaType)]
    }

    // MARK: Uses

    /// What a use's digest is counted with; made where nobody has seen it.
    private mutating func manifest(
        _ use: ImportedChunk.Use,
        at time: Int64,
        mediaType: String?,
        _ recorder: inout BatchRecorder
    ) throws -> CountedRow? {
        let place = use.name.placeOfDigest
        if let known = manifests[place] { return known }
        let repositoryId = try repository(use.name.repository, &recorder)
        guard let key = manifestKey(use.name, in: repositoryId) else { return nil }
        let row = try recorder.row(
            of: key,
            delivery,
            at: Timestamp(milliseconds: time),
            mediaType: mediaType
        )
        // One that is gone may be there again for a later use.
        if row.isPresent { manifests[place] = row.row }
        return row.row
    }

    private mutating func tag(
        _ use: ImportedChunk.Use,
        _ recorder: inout BatchRecorder
    ) throws -> CountedRow? {
        let place = use.name.placeOfTag
        if let known = tags[place] { return known }
        let repositoryId = try repository(use.name.repository, &recorder)
        let row = try tagKey(use.name, in: repositoryId).flatMap { try recorder.row(of: $0) }
        tags[place] = .some(row?.row)
        return row?.row
    }

    private mutating func creditPush(
        _ use: ImportedChunk.Use,
        _ tally: UseTally,
        _ recorder: inout BatchRecorder
    ) throws {
        if let row = try manifest(use, at: tally.last, mediaType: nil, &recorder) {
            credits.add(use, tally, to: row)
        }
        if let row = try tag(use, &recorder) { credits.add(use, tally, to: row) }
    }

    /// `times` are those of the new accesses, which only a tag that moved within the hour needs.
    private mutating func creditRead(
        _ use: ImportedChunk.Use,
        _ tally: UseTally,
        _ recorder: inout BatchRecorder,
        times: () -> [Int64]
    ) throws {
        let type = mediaType(of: use)
        let target = try manifest(use, at: tally.last, mediaType: type, &recorder)
        if let target { credits.add(use, tally, to: target) }
        guard let row = try tag(use, &recorder) else { return }
        credits.add(use, tally, to: row)
        if target == nil { try creditTargets(of: row.id, use, tally, recorder.db, times) }
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
                credits.add(use, tally, to: CountedRow(kind: .manifest, id: id))
            }
            return
        }
        for time in times() {
            var one = UseTally()
            one.note(time)
            for id in Self.targets(moves, at: time, slack) {
                credits.add(use, one, to: CountedRow(kind: .manifest, id: id))
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
}
