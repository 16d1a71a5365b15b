import GRDB
package import RegistryModel

// How far the items of a run have come, and what their removal changes in the inventory.
extension Ledger {
    /// Writes down where an item stands.
    package func set(
        _ state: RunItem.State,
        of item: RunItem,
        in run: RunName,
        detail: String = "",
        step: String = "",
        at time: Timestamp
    ) async throws {
        try await write("write a run to") { db in
            try Self.set(state, of: item, in: run, detail: detail, step: step, at: time, db)
        }
    }

    /// Writes down that the removal of tags begins: from now on they are watched.
    package func begin(
        _ items: [RunItem],
        in run: RunName,
        step: String,
        at time: Timestamp
    ) async throws {
        try await write("write a run to") { db in
            for item in items {
                try Self.set(.started, of: item, in: run, detail: "", step: step, at: time, db)
                guard let tag = item.tag else { continue }
                try db.run(
                    """
                    INSERT INTO tagWatch (repositoryId, tag, comparedAt) VALUES (?, ?, ?)
                    ON CONFLICT (repositoryId, tag) DO UPDATE SET comparedAt = excluded.comparedAt
                    """,
                    [item.repositoryId, tag.description, time.milliseconds]
                )
            }
        }
    }

    /// Whether a removal of a tag is begun and not ended.
    package func isBeingRemoved(
        _ tag: TagName,
        in repositoryId: Int64
    ) async throws -> Bool {
        try await read("look up a watched tag in") { db in
            try db.number(
                """
                SELECT EXISTS (
                    SELECT 1 FROM runItem
                    WHERE repositoryId = ? AND tag = ? AND state = 'started'
                )
                """,
                [repositoryId, tag.description]
            ) == 1
        }
    }

    /// When a tag was last compared for a removal, if that was after `horizon`.
    package func watched(
        _ tag: TagName,
        in repositoryId: Int64,
        since horizon: Timestamp
    ) async throws -> Timestamp? {
        try await read("look up a watched tag in") { db in
            try db.number(
                """
                SELECT comparedAt FROM tagWatch
                WHERE repositoryId = ? AND tag = ? AND comparedAt >= ?
                """,
                [repositoryId, tag.description, horizon.milliseconds]
            ).map(Timestamp.init(milliseconds:))
        }
    }

    /// Writes down that items are done, with what that changes in the inventory, as one.
    ///
    /// The bytes of an item become what its going really released: less than planned where something
    /// stays that was to go and shares content with it. `leavingManifests` says that tags went and
    /// nothing else: a manifest without any tag is then out of sight.
    package func removed(
        _ items: [RunItem],
        in run: RunName,
        detail: String,
        at time: Timestamp,
        leavingManifests: Bool = false
    ) async throws {
        try await write("write a run to") { db in
            for item in items {
                try Self.set(.done, of: item, in: run, detail: detail, step: "", at: time, db)
                let writer = InventoryWriter(db: db, registryId: item.registry.id, now: time)
                let bytes = try Self.bytesReleased(by: item, writer) {
                    if let tag = item.tagId { try writer.tagGone(tag, at: time) }
                    guard let manifest = item.manifestId else { return }
                    let isLeft = leavingManifests ? try writer.hasTag(manifest) : item.isTagAlone
                    if !isLeft { try writer.manifestGone(manifest, at: time) }
                }
                try db.run(
                    """
                    UPDATE runItem SET bytes = ?
                    WHERE ordinal = ? AND runId = (SELECT id FROM run WHERE name = ?)
                    """,
                    [bytes, item.ordinal, run.description]
                )
            }
        }
    }

    /// The bytes of the registry that a removal releases.
    ///
    /// Where the news of it came before its end was written, the registry's sum tells nothing any
    /// more: then those are counted that were planned for the item, as far as nothing uses them.
    private static func bytesReleased(
        by item: RunItem,
        _ writer: InventoryWriter,
        _ remove: () throws -> Void
    ) throws -> Int64 {
        let wasThere = try item.manifestId.map { try writer.manifest(id: $0)?.goneAt == nil }
        let before = try writer.registryBytes()
        try remove()
        guard wasThere == false, !item.isTagAlone, let manifest = item.manifestId else {
            return max(0, before - (try writer.registryBytes()))
        }
        return min(item.bytes, try writer.unusedBytes(of: manifest))
    }

    private static func set(
        _ state: RunItem.State,
        of item: RunItem,
        in run: RunName,
        detail: String,
        step: String,
        at time: Timestamp,
        _ db: Database
    ) throws {
        try db.run(
            """
            UPDATE runItem SET state = ?, detail = ?, step = ?, changedAt = ?
            WHERE ordinal = ? AND runId = (SELECT id FROM run WHERE name = ?)
            """,
            [
                state.rawValue, detail, step, time.milliseconds, item.ordinal, run.description,
            ]
        )
    }
}
