import GRDB
import RegistryModel

extension BatchRecorder {
    // MARK: Deletes

    mutating func recordDelete(
        _ access: Access,
        at time: Timestamp,
        _ repositoryId: Int64,
        of delivery: Delivery
    ) throws {
        try flushUses()
        let writer = writer(delivery)
        if let name = access.tag {
            // The digest beside it is what the tag pointed to, and other tags may still.
            if let tag = try writer.knownTag(name, in: repositoryId),
                tag.movedAt <= time.milliseconds
            {
                try writer.tagGone(tag.id, at: time)
            }
        } else if let digest = access.digest,
            let manifest = try writer.knownManifest(digest, in: repositoryId)
        {
            // A push that came after the delete, but was heard before it, stands.
            if (manifest.pushedAt ?? 0) <= time.milliseconds {
                try writer.manifestGone(manifest.id, at: time)
            }
        }
        touch(repositoryId, of: delivery)
    }

    // MARK: Pushes

    mutating func recordPush(
        _ access: Access,
        at time: Timestamp,
        _ repositoryId: Int64,
        of delivery: Delivery,
        counts: Bool
    ) throws {
        try flushUses()
        let writer = writer(delivery)
        try forgetMisses(before: access, at: time, repositoryId, of: delivery)
        var manifestRow: KnownRow?
        if let digest = access.digest {
            let manifest = try writer.presentManifest(
                digest,
                mediaType: access.mediaType,
                in: repositoryId,
                at: time,
                seenAt: delivery.receivedAt
            )
            try writer.manifestPushed(manifest.id, at: time)
            if manifest.reading == 0 { outcome.unread.insert(delivery.registry.id) }
            let key = ManifestKey(repositoryId: repositoryId, digest: digest)
            try forgetChecks(access, key, at: time, repositoryId, of: delivery)
            manifestRow = try row(of: key, delivery, at: time)
        }
        var tagRow: KnownRow?
        if let name = access.tag {
            try writer.tagSeen(
                name,
                in: repositoryId,
                pointingTo: manifestRow?.row.id,
                at: time,
                seenAt: delivery.receivedAt,
                by: .push
            )
            tagRow = try row(of: TagKey(repositoryId: repositoryId, name: name))
            try db.run(
                "UPDATE repository SET pushes = pushes + 1 WHERE id = ?",
                [repositoryId]
            )
        }
        outcome.pushes.append(
            .init(
                repositoryId: repositoryId,
                repository: access.repository,
                tag: access.tag,
                digest: access.digest,
                time: time
            )
        )
        touch(repositoryId, of: delivery)
        if counts { credit(.push, manifestRow, tagRow, at: time, source: delivery.source) }
    }

    /// Takes back what a pushing client's own checks had counted.
    private mutating func forgetChecks(
        _ access: Access,
        _ manifest: ManifestKey,
        at time: Timestamp,
        _ repositoryId: Int64,
        of delivery: Delivery
    ) throws {
        let tag = access.tag.map { TagKey(repositoryId: repositoryId, name: $0) }
        let reads = recentReads.take(
            by: client(access, of: delivery),
            tag: tag,
            manifest: manifest,
            before: time
        )
        for read in reads {
            if let key = read.manifest {
                takeBack(
                    read.accessClass,
                    from: try row(of: key, delivery, at: time),
                    at: read.time,
                    source: delivery.source,
                    previous: read.previousManifestAccess
                )
            }
            if let key = read.tag, let row = try row(of: key) {
                takeBack(
                    read.accessClass,
                    from: row,
                    at: read.time,
                    source: delivery.source,
                    previous: read.previousTagAccess
                )
            }
        }
    }

    // MARK: Reads

    mutating func recordRead(
        _ access: Access,
        at time: Timestamp,
        _ repositoryId: Int64,
        of delivery: Delivery,
        counts: Bool
    ) throws {
        var keys = access.digest.map { [ManifestKey(repositoryId: repositoryId, digest: $0)] } ?? []
        let tagKey = access.tag.map { TagKey(repositoryId: repositoryId, name: $0) }
        var rows = try keys.map {
            try row(of: $0, delivery, at: time, mediaType: access.mediaType)
        }
        if let tagKey {
            let isNews = try see(tagKey, pointingTo: rows.first?.row.id, at: time, of: delivery)
            if keys.isEmpty { keys = try targets(of: tagKey, access, at: time, of: delivery) }
            // News of a tag writes everything out: what is credited must be in memory again.
            if isNews || rows.count < keys.count {
                rows = try keys.map { try row(of: $0, delivery, at: time) }
            }
        }
        guard counts else { return }
        let tag = try tagKey.flatMap { try row(of: $0) }
        let client = client(access, of: delivery)
        if rows.isEmpty {
            note(access, at: time, (nil, nil), (tagKey, tag), by: client)
            credit(access.class, nil, tag, at: time, source: delivery.source)
        }
        for (index, row) in rows.enumerated() {
            let tag = index == 0 ? tag : nil
            note(access, at: time, (keys[index], row), (tag == nil ? nil : tagKey, tag), by: client)
            credit(access.class, row, tag, at: time, source: delivery.source)
        }
    }

    /// Remembers a read, which may turn out to be part of a push.
    private func note(
        _ access: Access,
        at time: Timestamp,
        _ manifest: (key: ManifestKey?, row: KnownRow?),
        _ tag: (key: TagKey?, row: KnownRow?),
        by client: RecentReads.Client
    ) {
        recentReads.note(
            .init(
                time: time,
                manifest: manifest.key,
                tag: tag.key,
                accessClass: access.class,
                previousManifestAccess: manifest.row?.lastAccess ?? 0,
                previousTagAccess: tag.row?.lastAccess ?? 0
            ),
            by: client
        )
    }

    /// Notes that a tag was read at `time`, and where it pointed when the source says so; true when
    /// that is news.
    private mutating func see(
        _ key: TagKey,
        pointingTo target: Int64?,
        at time: Timestamp,
        of delivery: Delivery
    ) throws -> Bool {
        let known = try row(of: key)
        var time = time
        if let known, known.isPresent {
            guard let target, known.target != target else { return false }
            if let former = known.target {
                if let provenAt = delivery.body.provenAt {
                    // When it was read is only what somebody said.
                    time = min(provenAt, delivery.receivedAt)
                } else {
                    let isLogged = delivery.source == .log
                    guard try writer(delivery).isMove(from: former, to: target, isLogged: isLogged)
                    else { return false }
                }
            }
        }
        try flushUses()
        try writer(delivery).tagSeen(
            key.name,
            in: key.repositoryId,
            pointingTo: target,
            at: time,
            seenAt: delivery.receivedAt,
            by: .found(foundAt: time)
        )
        touch(key.repositoryId, of: delivery)
        return true
    }

    /// What a tag pointed to at the time of an access that names only the tag: where a stamp has
    /// whole seconds, everything it pointed to within that second.
    private mutating func targets(
        of key: TagKey,
        _ access: Access,
        at time: Timestamp,
        of delivery: Delivery
    ) throws -> [ManifestKey] {
        guard let tag = try row(of: key) else { return [] }
        let moves = try tag.moves ?? writer(delivery).moves(ofTag: tag.row.id)
        tag.moves = moves
        let end = access.isSecondGranular ? time + Span(milliseconds: 999) : time
        return TagMove.digests(in: moves, from: time, to: end).map {
            ManifestKey(repositoryId: key.repositoryId, digest: $0)
        }
    }

    func client(_ access: Access, of delivery: Delivery) -> RecentReads.Client {
        RecentReads.Client(
            registryId: delivery.registry.id,
            source: delivery.source.rawValue,
            address: access.address,
            actor: access.actor,
            userAgent: access.userAgent
        )
    }
}
