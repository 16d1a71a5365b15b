import GRDB
import RegistryModel

// What logs say of pushes, deletes and where tags pointed.
extension ImportWriter {
    /// What a use says at one of its times.
    private struct Fact {
        var place: Int
        var time: Int64
        /// Its place among those of one moment.
        var rank: Int
    }

    /// What the uses tell of the registry, in the order of time: at the first and the last time of
    /// each hour.
    ///
    /// A read tells that its tag was there and, with its digest, where the tag pointed; when it did so
    /// last matters only where the tag pointed elsewhere in between, or was deleted.
    mutating func writeFacts(
        _ merged: MergedUses,
        _ places: [Int],
        _ recorder: inout BatchRecorder
    ) throws {
        var news = TagNews(merged, places)
        var facts: [Fact] = []
        for place in places {
            let name = merged.uses[place].name
            guard !name.class.isRead || name.tag >= 0 else { continue }
            let tally = merged.tallies[place]
            let rank = name.class == .push ? 0 : name.class == .delete ? 1 : 2
            facts.append(Fact(place: place, time: tally.first, rank: rank))
            if tally.last > tally.first, !name.class.isRead || !news.isSteady(name) {
                facts.append(Fact(place: place, time: tally.last, rank: rank))
            }
        }
        // Of one moment, what was read was there after what was pushed or deleted.
        facts.sort { $0.time != $1.time ? $0.time < $1.time : $0.rank < $1.rank }
        for fact in facts {
            let use = merged.uses[fact.place]
            let time = Timestamp(milliseconds: fact.time)
            switch use.name.class {
            case .push: try writePush(use, at: time, &recorder)
            case .delete: try delete(use, at: time, &recorder)
            case .pull, .resolve:
                guard !news.isSettled(use.name) else { continue }
                if try writeRead(use, at: time, &recorder) { news.settle(use.name) }
            }
        }
        try pushes.settle(recorder.writer(delivery))
    }

    /// An old delete takes away what was there before it, and nothing that was seen since.
    private mutating func delete(
        _ use: ImportedChunk.Use,
        at time: Timestamp,
        _ recorder: inout BatchRecorder
    ) throws {
        let repositoryId = try repository(use.name.repository, &recorder)
        let writer = recorder.writer(delivery)
        if let key = tagKey(use.name, in: repositoryId) {
            guard let id = try recorder.tagId(key) else { return }
            try pushes.settle(tag: id, writer)
            guard let tag = try writer.knownTag(key.name, in: repositoryId),
                tag.goneAt == nil, tag.movedAt <= time.milliseconds,
                tag.lastAccess <= time.milliseconds
            else { return }
            try writer.tagGone(tag.id, at: time)
            recorder.known.forget(key)
            return
        }
        try pushes.settle(writer)
        if let digest = manifestKey(use.name, in: repositoryId)?.digest,
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
        _ recorder: inout BatchRecorder
    ) throws {
        let repositoryId = try repository(use.name.repository, &recorder)
        var manifestId: Int64?
        if let key = manifestKey(use.name, in: repositoryId) {
            let type = mediaType(of: use)
            let row = try recorder.row(of: key, delivery, at: time, mediaType: type)
            pushes.note(manifest: row.row.id, at: time)
            manifestId = row.row.id
        }
        guard let key = tagKey(use.name, in: repositoryId) else { return }
        let known = try recorder.row(of: key)
        if let known, let manifestId, known.isPresent, known.target == manifestId {
            try recorder.writer(delivery).tagPushedAgain(known.row.id, at: time)
            pushes.note(tag: known.row.id, at: time)
            return moves.forget(known.row.id)
        }
        try note(key, known, pointingTo: manifestId, at: time, by: .push, &recorder)
    }

    /// Whether everything was known: the tag, and that it points there.
    private mutating func writeRead(
        _ use: ImportedChunk.Use,
        at time: Timestamp,
        _ recorder: inout BatchRecorder
    ) throws -> Bool {
        let repositoryId = try repository(use.name.repository, &recorder)
        guard let key = tagKey(use.name, in: repositoryId) else { return false }
        let type = mediaType(of: use)
        let target = try manifestKey(use.name, in: repositoryId).map {
            try recorder.row(of: $0, delivery, at: time, mediaType: type)
        }
        return try see(key, pointingTo: target?.row.id, at: time, &recorder)
    }

    /// Notes that a tag was read, and where it pointed, where that is news; true where it is none.
    private mutating func see(
        _ key: TagKey,
        pointingTo target: Int64?,
        at time: Timestamp,
        _ recorder: inout BatchRecorder
    ) throws -> Bool {
        let known = try recorder.row(of: key)
        if let known, known.isPresent, target == nil || known.target == target { return true }
        if let known, known.isPresent, let target, known.target != nil {
            // An older target enters the tag's history once for each time that it pointed there.
            let before = try moves.moves(of: known.row.id, recorder.db)
                .last { $0.since <= time.milliseconds }
            if before?.manifestId == target { return false }
            if let before {
                let writer = recorder.writer(delivery)
                // An old log also shows what is gone since, which nobody can read any more.
                guard try writer.isMove(from: before.manifestId, to: target, isLogged: false)
                else { return false }
            }
        }
        try note(key, known, pointingTo: target, at: time, by: .found(foundAt: time), &recorder)
        return false
    }

    /// Writes where a tag pointed at a time; `known` is its row from before, if there was one.
    private mutating func note(
        _ key: TagKey,
        _ known: KnownRow?,
        pointingTo target: Int64?,
        at time: Timestamp,
        by sighting: TagSighting,
        _ recorder: inout BatchRecorder
    ) throws {
        if let known { try pushes.settle(tag: known.row.id, recorder.writer(delivery)) }
        let id = try recorder.writer(delivery).tagSeen(
            key.name,
            in: key.repositoryId,
            pointingTo: target,
            at: time,
            seenAt: delivery.receivedAt,
            by: sighting
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
    /// The row of a tag, gone or not; nil where nobody has seen it.
    func tagId(_ key: TagKey) throws -> Int64? {
        if let known = known.tag(key) { return known.row.id }
        return try db.number(
            "SELECT id FROM tag WHERE repositoryId = ? AND name = ?",
            [key.repositoryId, key.name.description]
        )
    }

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
