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
        try flushCounts()
        let writer = writer(delivery)
        if let name = access.tag, let tag = try writer.knownTag(name, in: repositoryId) {
            if tag.movedAt <= time.milliseconds { try writer.tagGone(tag.id, at: time) }
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
        try flushCounts()
        let writer = writer(delivery)
        var key: ManifestKey?
        if let digest = access.digest {
            let manifest = try writer.presentManifest(
                digest,
                mediaType: access.mediaType,
                in: repositoryId,
                at: time,
                seenAt: delivery.receivedAt
            )
            try db.run(
                "UPDATE manifest SET pushedAt = max(ifnull(pushedAt, 0), ?) WHERE id = ?",
                [time.milliseconds, manifest.id]
            )
            if manifest.reading == 0 { outcome.unread.insert(delivery.registry.id) }
            let own = ManifestKey(repositoryId: repositoryId, digest: digest)
            key = own
            try forgetChecks(access, own, at: time, repositoryId, of: delivery)
            _ = try pending(own, of: delivery, at: time)
        }
        var tagKey: TagKey?
        if let name = access.tag {
            try writer.tagSeen(
                name,
                in: repositoryId,
                pointingTo: key.flatMap { manifests[$0]?.id },
                at: time,
                seenAt: delivery.receivedAt,
                isPush: true
            )
            let own = TagKey(repositoryId: repositoryId, name: name)
            tagKey = own
            _ = try pending(own)
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
        if counts { credit(.push, key, tagKey, at: time, source: delivery.source) }
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
            let hour = Hour(hour: read.time.hour, source: delivery.source.rawValue)
            if let key = read.manifest {
                _ = try pending(key, of: delivery, at: time)
                manifests[key]?.takeBack(
                    read.accessClass,
                    hour,
                    read.time,
                    read.previousManifestAccess
                )
            }
            if let key = read.tag {
                _ = try pending(key)
                tags[key]?.takeBack(read.accessClass, hour, read.time, read.previousTagAccess)
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
        var manifestKeys: [ManifestKey] = []
        if let digest = access.digest {
            let key = ManifestKey(repositoryId: repositoryId, digest: digest)
            _ = try pending(key, of: delivery, at: time, mediaType: access.mediaType)
            manifestKeys = [key]
        }
        var tagKey: TagKey?
        if let name = access.tag {
            let key = TagKey(repositoryId: repositoryId, name: name)
            let target = manifestKeys.first.flatMap { manifests[$0]?.id }
            try see(key, pointingTo: target, at: time, of: delivery)
            if manifestKeys.isEmpty {
                manifestKeys = try targets(of: key, access, at: time, of: delivery)
            }
            tagKey = key
        }
        // News of a tag writes everything out: what is credited must be in memory again.
        for key in manifestKeys { _ = try pending(key, of: delivery, at: time) }
        guard counts else { return }
        for key in manifestKeys.isEmpty ? [nil] : manifestKeys.map(Optional.some) {
            recentReads.note(
                .init(
                    time: time,
                    manifest: key,
                    tag: key == manifestKeys.first ? tagKey : nil,
                    accessClass: access.class,
                    previousManifestAccess: key.flatMap { manifests[$0]?.lastAccess } ?? 0,
                    previousTagAccess: tagKey.flatMap { tags[$0]?.lastAccess } ?? 0
                ),
                by: client(access, of: delivery)
            )
        }
        if manifestKeys.isEmpty {
            credit(access.class, nil, tagKey, at: time, source: delivery.source)
        }
        for (index, key) in manifestKeys.enumerated() {
            credit(
                access.class,
                key,
                index == 0 ? tagKey : nil,
                at: time,
                source: delivery.source
            )
        }
    }

    /// Notes that a tag was read at `time`, and where it pointed when the source says so.
    private mutating func see(
        _ key: TagKey,
        pointingTo target: Int64?,
        at time: Timestamp,
        of delivery: Delivery
    ) throws {
        let known = try pending(key)
        if let known, known.isPresent, target == nil || known.target == target { return }
        try flushCounts()
        try writer(delivery).tagSeen(
            key.name,
            in: key.repositoryId,
            pointingTo: target,
            at: time,
            seenAt: delivery.receivedAt,
            isPush: false
        )
        touch(key.repositoryId, of: delivery)
        _ = try pending(key)
    }

    /// What a tag pointed to at the time of an access that names only the tag: where a stamp has
    /// whole seconds, everything it pointed to within that second.
    private mutating func targets(
        of key: TagKey,
        _ access: Access,
        at time: Timestamp,
        of delivery: Delivery
    ) throws -> [ManifestKey] {
        guard let tag = try pending(key) else { return [] }
        let writer = writer(delivery)
        let end = access.isSecondGranular ? time + Span(milliseconds: 999) : time
        var ids = try writer.targets(ofTag: tag.id, from: time, to: end)
        if ids.isEmpty { ids = try writer.everyTarget(ofTag: tag.id) }
        return try ids.compactMap { id in
            guard let digest = try writer.digest(of: id) else { return nil }
            let manifest = ManifestKey(repositoryId: key.repositoryId, digest: digest)
            if manifests[manifest] == nil { manifests[manifest] = try load(manifest) }
            return manifest
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
