import GRDB
import RegistryModel

// What logs say of pushes, deletes and where tags pointed.
extension ImportWriter {
    /// What a use says at one of its times.
    struct Fact {
        var use: ImportedChunk.Use
        var time: Int64

        /// Its place among those of one moment.
        fileprivate var rank: Int {
            switch use.class {
            case .push: 0
            case .delete: 1
            case .pull, .resolve: 2
            }
        }
    }

    /// What the uses tell of the registry, in the order of time: at the first and the last time of
    /// each hour.
    ///
    /// A read tells that its tag was there and, with its digest, where the tag pointed; when it did so
    /// last matters only where the tag pointed elsewhere in between, or was deleted.
    static func facts(_ merged: MergedUses, _ places: [Int]) -> [Fact] {
        let changed = changedTags(merged, places)
        let losesManifests = places.contains {
            merged.uses[$0].class == .delete && merged.uses[$0].tag == nil
        }
        var facts: [Fact] = []
        for place in places {
            let use = merged.uses[place]
            guard !use.class.isRead || use.tag != nil else { continue }
            let tally = merged.tallies[place]
            facts.append(Fact(use: use, time: tally.first))
            let isSteady =
                use.class.isRead && !losesManifests && !changed.contains(TagPlace(use.name))
            if tally.last > tally.first, !isSteady {
                facts.append(Fact(use: use, time: tally.last))
            }
        }
        // Of one moment, what was read was there after what was pushed or deleted.
        return facts.sorted { ($0.time, $0.rank) < ($1.time, $1.rank) }
    }

    /// Tags that pointed to more than one manifest, or were deleted.
    private static func changedTags(_ merged: MergedUses, _ places: [Int]) -> Set<TagPlace> {
        var targets: [TagPlace: Int32] = [:]
        var changed: Set<TagPlace> = []
        for place in places {
            let name = merged.uses[place].name
            guard name.tag >= 0 else { continue }
            let tag = TagPlace(name)
            if name.class == .delete { changed.insert(tag) }
            guard name.digest >= 0 else { continue }
            let before = targets.updateValue(name.digest, forKey: tag)
            if let before, before != name.digest { changed.insert(tag) }
        }
        return changed
    }

    private struct TagPlace: Hashable {
        var repository: Int32
        var tag: Int32

        init(_ name: UseName) {
            repository = name.repository
            tag = name.tag
        }
    }

    mutating func write(_ fact: Fact, _ recorder: inout BatchRecorder) throws {
        let use = fact.use
        let time = Timestamp(milliseconds: fact.time)
        let repositoryId = try recorder.repository(use.repository, of: delivery)
        switch use.class {
        case .push: try writePush(use, at: time, repositoryId, &recorder)
        case .delete: try delete(use, at: time, repositoryId, &recorder)
        case .pull, .resolve: try writeRead(use, at: time, repositoryId, &recorder)
        }
    }

    /// An old delete takes away what was there before it, and nothing that was seen since.
    private func delete(
        _ use: ImportedChunk.Use,
        at time: Timestamp,
        _ repositoryId: Int64,
        _ recorder: inout BatchRecorder
    ) throws {
        let writer = recorder.writer(delivery)
        if let name = use.tag {
            guard let tag = try writer.knownTag(name, in: repositoryId),
                tag.goneAt == nil, tag.movedAt <= time.milliseconds,
                tag.lastAccess <= time.milliseconds
            else { return }
            try writer.tagGone(tag.id, at: time)
            recorder.known.forget(TagKey(repositoryId: repositoryId, name: name))
            return
        }
        if let digest = use.digest,
            let manifest = try writer.knownManifest(digest, in: repositoryId),
            manifest.goneAt == nil, (manifest.pushedAt ?? 0) <= time.milliseconds,
            manifest.lastAccess <= time.milliseconds,
            try !recorder.wasSeen(manifest.id, after: time)
        {
            try writer.manifestGone(manifest.id, at: time)
            // Its tags are gone with it: what is in memory of them is wrong.
            recorder.known.forgetUses()
        }
    }

    private mutating func writePush(
        _ use: ImportedChunk.Use,
        at time: Timestamp,
        _ repositoryId: Int64,
        _ recorder: inout BatchRecorder
    ) throws {
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
        let known = try recorder.row(of: key)
        if let known, let manifestId, known.isPresent, known.target == manifestId {
            try recorder.writer(delivery).tagPushedAgain(known.row.id, at: time)
            return moves.forget(known.row.id)
        }
        try note(key, known, pointingTo: manifestId, at: time, isPush: true, &recorder)
    }

    private mutating func writeRead(
        _ use: ImportedChunk.Use,
        at time: Timestamp,
        _ repositoryId: Int64,
        _ recorder: inout BatchRecorder
    ) throws {
        guard let name = use.tag else { return }
        let target = try use.digest.map { digest in
            try recorder.row(
                of: ManifestKey(repositoryId: repositoryId, digest: digest),
                delivery,
                at: time,
                mediaType: use.mediaType
            )
        }
        let key = TagKey(repositoryId: repositoryId, name: name)
        try see(key, pointingTo: target?.row.id, at: time, &recorder)
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
        if let known, known.isPresent, let target, known.target != nil {
            // An older target enters the tag's history once for each time that it pointed there.
            let before = try moves.moves(of: known.row.id, recorder.db)
                .last { $0.since <= time.milliseconds }
            if before?.manifestId == target { return }
        }
        try note(key, known, pointingTo: target, at: time, isPush: false, &recorder)
    }

    /// Writes where a tag pointed at a time; `known` is its row from before, if there was one.
    private mutating func note(
        _ key: TagKey,
        _ known: KnownRow?,
        pointingTo target: Int64?,
        at time: Timestamp,
        isPush: Bool,
        _ recorder: inout BatchRecorder
    ) throws {
        let id = try recorder.writer(delivery).tagSeen(
            key.name,
            in: key.repositoryId,
            pointingTo: target,
            at: time,
            seenAt: delivery.receivedAt,
            isPush: isPush
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
