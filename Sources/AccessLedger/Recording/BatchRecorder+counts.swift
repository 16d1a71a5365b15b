import GRDB
import RegistryModel

extension BatchRecorder.Pending {
    /// Whether the row's own last access, by which candidates are found, lags too far behind.
    ///
    /// The hours are exact; the row and its indexes, which cost ten times as much to write, follow.
    fileprivate var isStale: Bool { lastAccess - stored >= Self.lag }

    /// Milliseconds: what was used within the same minute may be found in any order.
    private static let lag: Int64 = 60_000

    mutating func add(_ accessClass: AccessClass, _ hour: BatchRecorder.Hour, at time: Timestamp) {
        var counts = counts[hour] ?? AccessCounts()
        counts.add(accessClass, 1)
        self.counts[hour] = counts
        lastAccess = max(lastAccess, time.milliseconds)
        isDirty = true
    }

    /// The row after everything that was to be added is written.
    fileprivate var flushed: Self {
        var row = self
        if isDirty, isLowered || isStale { row.stored = lastAccess }
        row.counts = [:]
        row.isDirty = false
        row.isLowered = false
        return row
    }

    mutating func takeBack(
        _ accessClass: AccessClass,
        _ hour: BatchRecorder.Hour,
        _ time: Timestamp,
        _ previous: Int64
    ) {
        var counts = counts[hour] ?? AccessCounts()
        counts.add(accessClass, -1)
        self.counts[hour] = counts
        if lastAccess == time.milliseconds {
            lastAccess = previous
            isLowered = true
        }
        isDirty = true
    }
}

extension AccessCounts {
    mutating func add(_ accessClass: AccessClass, _ count: Int) {
        switch accessClass {
        case .pull: pulls += count
        case .resolve: resolves += count
        case .push: pushes += count
        case .delete: break
        }
    }
}

extension BatchRecorder {
    mutating func credit(
        _ accessClass: AccessClass,
        _ manifest: ManifestKey?,
        _ tag: TagKey?,
        at time: Timestamp,
        source: AccessSource
    ) {
        let hour = Hour(hour: time.hour, source: source.rawValue)
        if let manifest { manifests[manifest]?.add(accessClass, hour, at: time) }
        if let tag { tags[tag]?.add(accessClass, hour, at: time) }
    }

    /// The manifest's row, brought into memory; made where it is missing.
    mutating func pending(
        _ key: ManifestKey,
        of delivery: Delivery,
        at time: Timestamp,
        mediaType: String? = nil
    ) throws -> Pending {
        if let known = manifests[key], known.isPresent { return known }
        if var known = try load(key), known.isPresent {
            known.counts = manifests[key]?.counts ?? [:]
            manifests[key] = known
            return known
        }
        let row = try writer(delivery).presentManifest(
            key.digest,
            mediaType: mediaType,
            in: key.repositoryId,
            at: time,
            seenAt: delivery.receivedAt
        )
        if row.reading == 0 { outcome.unread.insert(delivery.registry.id) }
        touch(key.repositoryId, of: delivery)
        let made = Pending(
            id: row.id,
            lastAccess: row.lastAccess,
            stored: row.lastAccess,
            isPresent: true
        )
        manifests[key] = made
        return made
    }

    func load(_ key: ManifestKey) throws -> Pending? {
        if let row = known.manifests[key] { return row }
        return try db.row(
            """
            SELECT id, lastAccess, goneAt FROM manifest WHERE repositoryId = ? AND digest = ?
            """,
            [key.repositoryId, key.digest.description]
        ).map { row in
            Pending(
                id: row[0],
                lastAccess: row[1],
                stored: row[1],
                isPresent: (row[2] as Int64?) == nil
            )
        }
    }

    /// The tag's row, brought into memory; nil where there is none.
    mutating func pending(_ key: TagKey) throws -> Pending? {
        if let row = tags[key] { return row }
        if let row = known.tags[key] {
            tags[key] = row
            return row
        }
        let row = try db.row(
            """
            SELECT id, lastAccess, manifestId, goneAt FROM tag WHERE repositoryId = ? AND name = ?
            """,
            [key.repositoryId, key.name.description]
        )
        guard let row else { return nil }
        let loaded = Pending(
            id: row[0],
            lastAccess: row[1],
            stored: row[1],
            target: row[2],
            isPresent: (row[3] as Int64?) == nil
        )
        tags[key] = loaded
        return loaded
    }

    mutating func touch(_ repositoryId: Int64, of delivery: Delivery) {
        outcome.touched.insert(
            .init(registryId: delivery.registry.id, repositoryId: repositoryId)
        )
    }

    /// Writes the gathered counts, and forgets the rows: others may change them now.
    mutating func flushCounts() throws {
        try flushCountsForNow()
        known.manifests.removeAll()
        known.tags.removeAll()
        isUnsettled = true
    }

    /// Writes the gathered counts; the rows stay known.
    mutating func flushCountsForNow() throws {
        var warmed: [ManifestKey] = []
        for (key, row) in manifests where row.isDirty { warmed += try flush(row, of: key) }
        for row in tags.values where row.isDirty { try flush(row) }
        for (key, row) in manifests { known.manifests[key] = row.flushed }
        for (key, row) in tags { known.tags[key] = row.flushed }
        for key in warmed { known.manifests[key] = nil }
        manifests.removeAll(keepingCapacity: true)
        tags.removeAll(keepingCapacity: true)
    }

    /// Writes one manifest's counts, and returns the indexes that got its last access.
    private func flush(_ row: Pending, of key: ManifestKey) throws -> [ManifestKey] {
        for (hour, counts) in row.counts {
            try db.run(
                """
                INSERT INTO manifestHour (manifestId, hour, source, pulls, resolves, pushes, lastAt)
                VALUES (?1, ?2, ?3, max(0, ?4), max(0, ?5), max(0, ?6), ?7)
                ON CONFLICT (manifestId, hour, source) DO UPDATE SET
                    pulls = max(0, pulls + ?4),
                    resolves = max(0, resolves + ?5),
                    pushes = max(0, pushes + ?6),
                    lastAt = iif(?8, min(lastAt, ?7), max(lastAt, ?7))
                """,
                [
                    row.id, hour.hour, hour.source, counts.pulls, counts.resolves, counts.pushes,
                    row.lastAccess, row.isLowered,
                ]
            )
        }
        guard row.isLowered || row.isStale else { return [] }
        try db.run(
            "UPDATE manifest SET lastAccess = iif(?3, ?1, max(lastAccess, ?1)) WHERE id = ?2",
            [row.lastAccess, row.id, row.isLowered]
        )
        var warmed: [ManifestKey] = []
        if row.isLowered {
            try db.run(
                "UPDATE tag SET lastUse = max(lastAccess, ?) WHERE manifestId = ? AND goneAt IS NULL",
                [row.lastAccess, row.id]
            )
        } else {
            var waiting = [(id: row.id, digest: key.digest.description)]
            while let next = waiting.popLast() {
                let parents = try warm(
                    next.id,
                    next.digest,
                    in: key.repositoryId,
                    to: row.lastAccess
                )
                waiting += parents
                warmed += parents.compactMap { parent in
                    Digest(parent.digest).map {
                        ManifestKey(repositoryId: key.repositoryId, digest: $0)
                    }
                }
            }
        }
        return warmed
    }

    /// Carries a manifest's last access to its tags and to every index that holds it, and returns
    /// these.
    private func warm(
        _ id: Int64,
        _ digest: String,
        in repositoryId: Int64,
        to time: Int64
    ) throws -> [(id: Int64, digest: String)] {
        try db.run(
            "UPDATE tag SET lastUse = ?1 WHERE manifestId = ?2 AND goneAt IS NULL AND lastUse < ?1",
            [time, id]
        )
        let parents = try db.rows(
            """
            SELECT p.id, p.digest FROM manifestChild AS c
            JOIN manifest AS p ON p.id = c.parentId
            WHERE c.repositoryId = ? AND c.digest = ? AND p.lastAccess < ?
            """,
            [repositoryId, digest, time]
        )
        for parent in parents {
            try db.run(
                "UPDATE manifest SET lastAccess = ? WHERE id = ?",
                [time, parent[0] as Int64]
            )
        }
        return parents.map { (id: $0[0], digest: $0[1]) }
    }

    private func flush(_ row: Pending) throws {
        for (hour, counts) in row.counts {
            try db.run(
                """
                INSERT INTO tagHour (tagId, hour, source, pulls, resolves, pushes, lastAt)
                VALUES (?1, ?2, ?3, max(0, ?4), max(0, ?5), max(0, ?6), ?7)
                ON CONFLICT (tagId, hour, source) DO UPDATE SET
                    pulls = max(0, pulls + ?4),
                    resolves = max(0, resolves + ?5),
                    pushes = max(0, pushes + ?6),
                    lastAt = iif(?8, min(lastAt, ?7), max(lastAt, ?7))
                """,
                [
                    row.id, hour.hour, hour.source, counts.pulls, counts.resolves, counts.pushes,
                    row.lastAccess, row.isLowered,
                ]
            )
        }
        guard row.isLowered || row.isStale else { return }
        try db.run(
            "UPDATE tag SET lastAccess = ?1, lastUse = max(lastUse, ?1) WHERE id = ?2",
            [row.lastAccess, row.id]
        )
    }
}
