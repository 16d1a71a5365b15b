import GRDB
package import RegistryModel

extension Ledger {
    static func insert(
        _ item: StorageItem,
        of run: Int64,
        at time: Timestamp,
        _ db: Database
    ) throws {
        try db.run(
            """
            INSERT INTO storageItem (runId, ordinal, registryId, kind, digest, repository, name,
                reason, bytes, reclaimed, state, isForgotten, detail, changedAt)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                run, item.ordinal, item.registry.id, item.kind.rawValue, item.digest?.description,
                item.repository?.description, item.name, item.reason, item.bytes, item.reclaimed,
                item.state.rawValue, item.isForgotten, item.detail, time.milliseconds,
            ]
        )
    }

    static func storageItems(ofRun id: Int64, _ db: Database) throws -> PackedList<StorageItem> {
        // Row by row: copies of them all would take longer than to read them.
        var items: PackedList<StorageItem> = []
        try db.forEach(
            """
            SELECT i.ordinal, i.registryId, g.name, i.kind, i.digest, i.repository, i.name,
                i.reason, i.bytes, i.reclaimed, i.state, i.isForgotten, i.detail
            FROM storageItem AS i JOIN registry AS g ON g.id = i.registryId
            WHERE i.runId = ? ORDER BY i.ordinal
            """,
            [id]
        ) { row in
            if let item = storageItem(row) { items.append(item) }
        }
        return items
    }

    private static func storageItem(_ row: some LedgerRow) -> StorageItem? {
        guard let kind = StorageItem.Kind(rawValue: row[3]) else { return nil }
        return StorageItem(
            ordinal: row[0],
            registry: RegistryRow(id: row[1], name: row[2]),
            kind: kind,
            digest: (row[4] as String?).flatMap { Digest($0) },
            repository: (row[5] as String?).flatMap { RepositoryName($0) },
            name: row[6],
            reason: row[7],
            bytes: row[8],
            reclaimed: row[9],
            state: RunItem.State(rawValue: row[10]) ?? .failed,
            isForgotten: row[11],
            detail: row[12]
        )
    }

    /// Replaces the items of a sweep that has not begun by those of a fresh plan.
    package func replan(
        _ run: RunName,
        storage items: PackedList<StorageItem>,
        at time: Timestamp
    ) async throws {
        try await write("write a sweep to") { db in
            guard let id = try Self.runId(run, db) else { return }
            try db.run("DELETE FROM storageItem WHERE runId = ?", [id])
            for item in items { try Self.insert(item, of: id, at: time, db) }
        }
    }

    /// Writes down where items of a sweep stand, all in one transaction.
    ///
    /// `detail` nil leaves each item's own; with `former` only those in that state change.
    package func set(
        _ state: RunItem.State,
        ofStorageItems ordinals: [Int],
        in run: RunName,
        detail: String? = nil,
        from former: RunItem.State? = nil,
        at time: Timestamp
    ) async throws {
        guard !ordinals.isEmpty else { return }
        try await write("write a sweep to") { db in
            guard let id = try Self.runId(run, db) else { return }
            for ordinal in ordinals {
                try db.run(
                    """
                    UPDATE storageItem SET state = ?, detail = ifnull(?, detail), changedAt = ?
                    WHERE runId = ? AND ordinal = ? AND state = ifnull(?, state)
                    """,
                    [
                        state.rawValue, detail, time.milliseconds, id, ordinal,
                        former?.rawValue,
                    ]
                )
            }
        }
    }

    /// Writes down that the registry is proven to have forgotten items of a sweep.
    package func forgotten(
        storageItems ordinals: [Int],
        in run: RunName
    ) async throws {
        guard !ordinals.isEmpty else { return }
        try await write("write a sweep to") { db in
            guard let id = try Self.runId(run, db) else { return }
            for ordinal in ordinals {
                try db.run(
                    "UPDATE storageItem SET isForgotten = 1 WHERE runId = ? AND ordinal = ?",
                    [id, ordinal]
                )
            }
        }
    }

    /// Writes down what is off the disk, and how many bytes that gave back.
    ///
    /// What a kill has left of an item is released by the run that finds it: so no item has released
    /// more than it gave back.
    package func purged(
        storageItems: [(ordinal: Int, reclaimed: Int64)],
        in run: RunName,
        at time: Timestamp
    ) async throws {
        guard !storageItems.isEmpty else { return }
        try await write("write a sweep to") { db in
            try Self.purged(storageItems, in: run, at: time, db)
        }
    }

    private static func purged(
        _ items: [(ordinal: Int, reclaimed: Int64)],
        in run: RunName,
        at time: Timestamp,
        _ db: Database
    ) throws {
        guard let id = try runId(run, db) else { return }
        let statement = try db.cachedStatement(
            sql: """
                UPDATE storageItem
                SET state = 'done', reclaimed = ?1, bytes = min(bytes, ?1), changedAt = ?2
                WHERE runId = ?3 AND ordinal = ?4
                """
        )
        for item in items {
            try statement.execute(words: [
                item.reclaimed, time.milliseconds, id, Int64(item.ordinal),
            ])
        }
    }

    /// Writes down how a sweep ended, with the last that it took off the disk, in one transaction.
    package func end(
        _ run: RunRecord,
        purged: [(ordinal: Int, reclaimed: Int64)],
        at time: Timestamp,
        events: [PruneEvent]
    ) async throws {
        try await write("write a sweep to") { db in
            try Self.purged(purged, in: run.name, at: time, db)
            try Self.set(run.state, of: run.name, note: run.note, at: time, events: events, db)
        }
    }

    /// The runs that still have items of a registry in quarantine, oldest first, with the time at
    /// which the last of them came to where it is.
    package func quarantines(
        of registry: RegistryRow
    ) async throws -> [(run: RunName, since: Timestamp)] {
        try await read("read what is in quarantine from") { db in
            try db.rows(
                """
                SELECT r.name, max(i.changedAt) FROM storageItem AS i JOIN run AS r ON r.id = i.runId
                WHERE i.registryId = ? AND i.state = 'quarantined'
                GROUP BY i.runId ORDER BY i.runId
                """,
                [registry.id]
            ).compactMap { row in
                RunName(row[0] as String).map {
                    (run: $0, since: Timestamp(milliseconds: row[1]))
                }
            }
        }
    }

    /// How much of a registry is in quarantine: bytes that are released and not yet reclaimed.
    package func quarantinedBytes(of registry: RegistryRow) async throws -> Int64 {
        try await read("read what is in quarantine from") { db in
            try db.number(
                """
                SELECT ifnull(sum(bytes), 0) FROM storageItem
                WHERE registryId = ? AND state = 'quarantined'
                """,
                [registry.id]
            ) ?? 0
        }
    }

    /// All digests of a registry that are in quarantine.
    ///
    /// The index is named because SQLite would choose that of all items that ever had a digest.
    package func quarantinedDigests(
        of registry: RegistryRow
    ) async throws -> [Digest: Timestamp] {
        try await read("read what is in quarantine from") { db in
            let rows = try db.rows(
                """
                SELECT i.digest, max(r.createdAt)
                FROM storageItem AS i INDEXED BY storageItemQuarantined
                JOIN run AS r ON r.id = i.runId
                WHERE i.registryId = ? AND i.state = 'quarantined' AND i.digest IS NOT NULL
                GROUP BY i.digest
                """,
                [registry.id]
            )
            return rows.reduce(into: [:]) { found, row in
                guard let digest = Digest(row[0] as String) else { return }
                found[digest] = Timestamp(milliseconds: row[1])
            }
        }
    }

    /// Which of these digests are in quarantine, with the run that took each.
    package func quarantined(
        _ digests: Set<Digest>,
        of registry: RegistryRow
    ) async throws -> [(run: RunName, ordinal: Int, digest: Digest)] {
        try await read("look for what is in quarantine in") { db in
            var found: [(run: RunName, ordinal: Int, digest: Digest)] = []
            for digest in digests {
                let rows = try db.rows(
                    """
                    SELECT r.name, i.ordinal
                    FROM storageItem AS i INDEXED BY storageItemQuarantined
                    JOIN run AS r ON r.id = i.runId
                    WHERE i.registryId = ? AND i.digest = ? AND i.state = 'quarantined'
                    """,
                    [registry.id, digest.description]
                )
                for row in rows {
                    guard let run = RunName(row[0] as String) else { continue }
                    found.append((run: run, ordinal: row[1], digest: digest))
                }
            }
            return found
        }
    }

    static func runId(_ run: RunName, _ db: Database) throws -> Int64? {
        try db.number("SELECT id FROM run WHERE name = ?", [run.description])
    }
}
