import GRDB
import RegistryModel

extension BatchRecorder {
    // MARK: Uses

    mutating func credit(
        _ accessClass: AccessClass,
        _ manifest: KnownRow?,
        _ tag: KnownRow?,
        at time: Timestamp,
        source: AccessSource
    ) {
        if let manifest { credit(accessClass, manifest, at: time, source: source) }
        if let tag { credit(accessClass, tag, at: time, source: source) }
    }

    /// Counts one use of a row: for the journal, or with the row until all is written.
    private mutating func credit(
        _ accessClass: AccessClass,
        _ row: KnownRow,
        at time: Timestamp,
        source: AccessSource
    ) {
        row.lastAccess = max(row.lastAccess, time.milliseconds)
        guard page != nil else {
            let hour = CountedHour(hour: time.hour, source: source.rawValue)
            row.add(accessClass, 1, in: hour)
            markDirty(row)
            return
        }
        let raisesRow = row.isStale
        if raisesRow { row.stored = row.lastAccess }
        page?.append(
            Credit(
                row: row.row,
                accessClass: accessClass,
                source: source.rawValue,
                time: time.milliseconds,
                raisesRow: raisesRow
            )
        )
    }

    /// Takes back a use that was none; call it only when the journal was carried over.
    mutating func takeBack(
        _ accessClass: AccessClass,
        from row: KnownRow,
        at time: Timestamp,
        source: AccessSource,
        previous: Int64
    ) {
        let hour = CountedHour(hour: time.hour, source: source.rawValue)
        row.add(accessClass, -1, in: hour)
        if row.lastAccess == time.milliseconds {
            row.lastAccess = previous
            row.isLowered = true
        }
        markDirty(row)
    }

    private mutating func markDirty(_ row: KnownRow) {
        guard !row.isDirty else { return }
        row.isDirty = true
        dirty.append(row)
    }

    // MARK: Rows

    /// The manifest's row, brought into memory; made where it is missing.
    mutating func row(
        of key: ManifestKey,
        _ delivery: Delivery,
        at time: Timestamp,
        mediaType: String? = nil
    ) throws -> KnownRow {
        if let row = known.manifest(key), row.isPresent { return row }
        if let row = try load(key), row.isPresent {
            known.know(row, as: key)
            return row
        }
        let made = try writer(delivery).presentManifest(
            key.digest,
            mediaType: mediaType,
            in: key.repositoryId,
            at: time,
            seenAt: delivery.receivedAt
        )
        if made.reading == 0 { outcome.unread.insert(delivery.registry.id) }
        touch(key.repositoryId, of: delivery)
        let row = try KnownRow(
            CountedRow(kind: .manifest, id: made.id),
            lastAccess: made.lastAccess,
            exactly: lastAccess(ofManifest: made.id),
            isPresent: made.goneAt == nil
        )
        known.know(row, as: key)
        return row
    }

    /// The manifest's row, brought into memory; nil where there is none.
    func knownRow(of key: ManifestKey) throws -> KnownRow? {
        if let row = known.manifest(key) { return row }
        let row = try load(key)
        if let row, row.isPresent { known.know(row, as: key) }
        return row
    }

    private func load(_ key: ManifestKey) throws -> KnownRow? {
        let row = try db.row(
            """
            SELECT id, lastAccess, goneAt FROM manifest WHERE repositoryId = ? AND digest = ?
            """,
            [key.repositoryId, key.digest.description]
        )
        guard let row else { return nil }
        return try KnownRow(
            CountedRow(kind: .manifest, id: row[0]),
            lastAccess: row[1],
            exactly: lastAccess(ofManifest: row[0]),
            isPresent: (row[2] as Int64?) == nil
        )
    }

    /// When a manifest's newest hours say that it was used; its row follows later.
    private func lastAccess(ofManifest id: Int64) throws -> Int64? {
        try db.number(
            """
            SELECT max(lastAt) FROM (
                SELECT lastAt FROM manifestHour WHERE manifestId = ? ORDER BY hour DESC LIMIT 2
            )
            """,
            [id]
        )
    }

    private func lastAccess(ofTag id: Int64) throws -> Int64? {
        try db.number(
            """
            SELECT max(lastAt) FROM (
                SELECT lastAt FROM tagHour WHERE tagId = ? ORDER BY hour DESC LIMIT 2
            )
            """,
            [id]
        )
    }

    /// The tag's row, brought into memory; nil where there is none.
    func row(of key: TagKey) throws -> KnownRow? {
        if let row = known.tag(key) { return row }
        let row = try db.row(
            """
            SELECT id, lastAccess, manifestId, goneAt FROM tag WHERE repositoryId = ? AND name = ?
            """,
            [key.repositoryId, key.name.description]
        )
        guard let row else { return nil }
        let loaded = try KnownRow(
            CountedRow(kind: .tag, id: row[0]),
            lastAccess: row[1],
            exactly: lastAccess(ofTag: row[0]),
            target: row[2],
            isPresent: (row[3] as Int64?) == nil
        )
        known.know(loaded, as: key)
        return loaded
    }

    mutating func touch(_ repositoryId: Int64, of delivery: Delivery) {
        outcome.touched.insert(
            .init(registryId: delivery.registry.id, repositoryId: repositoryId)
        )
    }

    // MARK: Writing

    /// Writes all uses to where they are counted, the journal's too, and forgets the rows: others
    /// may change them now.
    mutating func flushUses() throws {
        if let page {
            let journal = Journal(db: db)
            if !page.isEmpty { try journal.append(page) }
            try journal.fold()
            self.page = nil
        }
        try flushGathered()
        known.forgetUses()
        isUnsettled = true
    }

    /// Writes what is gathered; the rows stay known.
    mutating func flushGathered() throws {
        if let page, !page.isEmpty { try Journal(db: db).append(page) }
        let writer = UseWriter(db: db)
        for row in dirty {
            for (hour, counts) in row.counts {
                try writer.change(
                    row.row,
                    in: hour,
                    by: counts,
                    lastAt: row.lastAccess,
                    isLowered: row.isLowered
                )
            }
            if row.isLowered || row.isStale { try write(row, writer) }
            row.forgetCounts()
            row.isLowered = false
            row.isDirty = false
        }
        dirty.removeAll(keepingCapacity: true)
    }

    /// Brings the row's own last access up to date.
    private func write(_ row: KnownRow, _ writer: UseWriter) throws {
        switch (row.row.kind, row.isLowered) {
        case (.manifest, true): try writer.lower(manifest: row.row.id, to: row.lastAccess)
        case (.tag, true): try writer.lower(tag: row.row.id, to: row.lastAccess)
        case (.tag, false): try writer.raise(tag: row.row.id, to: row.lastAccess)
        case (.manifest, false):
            for key in try writer.raise(manifest: row.row.id, to: row.lastAccess) {
                known.forget(key)
            }
        }
        row.stored = row.lastAccess
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
