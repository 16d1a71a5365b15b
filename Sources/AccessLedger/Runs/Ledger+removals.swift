import Foundation
import GRDB
package import RegistryModel

/// What removed something: an item of a run.
package struct RemovalRecord<Item: Sendable & Equatable>: Sendable, Equatable {
    package var run: RunName
    /// The trigger, or the command.
    package var cause: String
    package var at: Timestamp
    package var item: Item
}

/// What removed an image.
package typealias RunRemoval = RemovalRecord<RunItem>

/// What removed something from an engine.
package typealias EngineRemoval = RemovalRecord<EngineItem>

/// What took something from the registry's disk.
package typealias SweepRemoval = RemovalRecord<StorageItem>

extension Ledger {
    /// The newest removal of a tag, or of a manifest with or without its last tag, by a run of ours.
    package func lastRemoval(
        of image: ImageRecord,
        tag: TagName?
    ) async throws -> RunRemoval? {
        try await read("look up a removal in") { db in
            let row = try db.row(
                """
                SELECT n.id, n.name, n.cause, i.ordinal, i.changedAt
                FROM runItem AS i JOIN run AS n ON n.id = i.runId
                WHERE i.repositoryId = ?1 AND i.state = 'done' AND i.detail <> ?4
                    AND ((?2 IS NOT NULL AND i.tag = ?2) OR (?2 IS NULL AND i.digest = ?3
                        AND (i.kind = 'manifest' OR i.removesManifest = 1)))
                ORDER BY n.id DESC LIMIT 1
                """,
                [
                    image.repositoryId, tag?.description, image.digest?.description,
                    RunItem.wasGone,
                ]
            )
            return try Self.removal(row) { run, ordinal in
                try Self.item(ordinal, ofRun: run, db)
            }
        }
    }

    /// The newest sweep that took a tag, a manifest or a blob from the disk.
    package func lastStorageRemoval(
        of repository: RepositoryName,
        tag: TagName?,
        digest: Digest?,
        in registry: RegistryRow
    ) async throws -> SweepRemoval? {
        try await read("look up a removal in") { db in
            let sql =
                tag == nil
                ? """
                SELECT n.id, n.name, n.cause, i.ordinal, i.changedAt
                FROM storageItem AS i JOIN run AS n ON n.id = i.runId
                WHERE i.registryId = ?1 AND i.digest = ?3 AND (i.kind = 'blob' OR i.repository = ?2)
                    AND i.state IN ('quarantined', 'done')
                ORDER BY n.id DESC LIMIT 1
                """
                : """
                SELECT n.id, n.name, n.cause, i.ordinal, i.changedAt
                FROM storageItem AS i JOIN run AS n ON n.id = i.runId
                WHERE i.registryId = ?1 AND i.repository = ?2 AND i.name = ?3 AND i.kind = 'tag'
                    AND i.state IN ('quarantined', 'done')
                ORDER BY n.id DESC LIMIT 1
                """
            let row = try db.row(
                sql,
                [registry.id, repository.description, tag?.description ?? digest?.description]
            )
            return try Self.removal(row) { run, ordinal in
                try Self.storageItems(ofRun: run, db).first { $0.ordinal == ordinal }
            }
        }
    }

    /// The newest removal of an image from an engine that had one of `names`, or whose id begins with
    /// `id`.
    package func lastRemoval(
        ofImage names: [String],
        id: String?,
        from engine: EngineRow
    ) async throws -> EngineRemoval? {
        let list = String(decoding: try JSONEncoder().encode(names), as: UTF8.self)
        return try await read("look up a removal in") { db in
            let row = try db.row(
                """
                SELECT n.id, n.name, n.cause, i.ordinal, i.changedAt
                FROM engineItem AS i JOIN run AS n ON n.id = i.runId
                WHERE i.engineId = ?1 AND i.kind = 'image' AND i.state = 'done'
                    AND (substr(i.subject, 1, length(?3)) = ?3
                        OR EXISTS (SELECT 1 FROM json_each(i.names)
                            WHERE value IN (SELECT value FROM json_each(?2)))
                        OR EXISTS (SELECT 1 FROM json_each(i.digests)
                            WHERE value IN (SELECT value FROM json_each(?2))))
                ORDER BY n.id DESC, i.ordinal DESC LIMIT 1
                """,
                [engine.id, list, id]
            )
            return try Self.removal(row) { run, ordinal in
                try Self.engineItems(ofRun: run, db).first { $0.ordinal == ordinal }
            }
        }
    }

    /// Reads a run's id, name and cause, and an item's ordinal and time.
    private static func removal<Item>(
        _ row: FoundRow?,
        item: (_ run: Int64, _ ordinal: Int) throws -> Item?
    ) throws -> RemovalRecord<Item>? {
        guard let row, let name = RunName(row[1] as String), let item = try item(row[0], row[3])
        else { return nil }
        return RemovalRecord(
            run: name,
            cause: row[2],
            at: Timestamp(milliseconds: row[4]),
            item: item
        )
    }

    /// Content of a manifest, and of what it holds, that a sweep has taken off the disk for good.
    ///
    /// What something refers to by now was uploaded again.
    package func purgedContent(
        of digest: Digest,
        in repositoryId: Int64
    ) async throws -> (blob: Digest, run: RunName)? {
        try await read("look up a removal in") { db in
            let row = try db.row(
                """
                WITH RECURSIVE held (id) AS (
                    SELECT id FROM manifest WHERE repositoryId = ?1 AND digest = ?2
                    UNION
                    SELECT m.id FROM held
                    JOIN manifestChild AS c ON c.parentId = held.id
                    JOIN manifest AS m ON m.repositoryId = c.repositoryId AND m.digest = c.digest
                )
                SELECT b.digest, n.name FROM held
                JOIN manifestBlob AS mb ON mb.manifestId = held.id
                JOIN blob AS b ON b.id = mb.blobId AND b.uses = 0
                JOIN storageItem AS s ON s.registryId = b.registryId AND s.digest = b.digest
                JOIN run AS n ON n.id = s.runId
                WHERE s.state = 'done' AND s.kind = 'blob' AND NOT EXISTS (
                    SELECT 1 FROM manifest WHERE repositoryId = ?1 AND digest = b.digest
                )
                LIMIT 1
                """,
                [repositoryId, digest.description]
            )
            guard let row, let blob = Digest(row[0] as String),
                let run = RunName(row[1] as String)
            else { return nil }
            return (blob: blob, run: run)
        }
    }
}
