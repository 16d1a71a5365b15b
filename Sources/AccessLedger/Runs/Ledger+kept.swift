import Foundation
import GRDB
package import RegistryModel

/// A manifest as it was when it was removed.
package struct KeptManifest: Sendable, Equatable {
    package var digest: Digest
    package var mediaType: String
    package var bytes: [UInt8]

    package init(digest: Digest, mediaType: String, bytes: [UInt8]) {
        self.digest = digest
        self.mediaType = mediaType
        self.bytes = bytes
    }
}

/// Where an image stands in the ledger, present or gone.
package struct ImageRecord: Sendable, Equatable {
    package var repositoryId: Int64
    package var tagId: Int64?
    package var manifestId: Int64?
    package var digest: Digest?
    package var isGone: Bool
    package var goneAt: Timestamp?
}

extension Ledger {
    /// Keeps a manifest byte for byte, so that it can be put back.
    package func keep(
        _ manifest: KeptManifest,
        in repositoryId: Int64,
        at time: Timestamp
    ) async throws {
        try await write("keep a manifest in") { db in
            try db.run(
                """
                INSERT INTO keptManifest (repositoryId, digest, mediaType, bytes, keptAt)
                VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (repositoryId, digest) DO UPDATE SET keptAt = excluded.keptAt
                """,
                [
                    repositoryId, manifest.digest.description, manifest.mediaType,
                    Data(manifest.bytes), time.milliseconds,
                ]
            )
        }
    }

    package func keptManifest(
        _ digest: Digest,
        in repositoryId: Int64
    ) async throws -> KeptManifest? {
        try await read("read a kept manifest from") { db in
            try db.row(
                "SELECT mediaType, bytes FROM keptManifest WHERE repositoryId = ? AND digest = ?",
                [repositoryId, digest.description]
            ).map { row in
                KeptManifest(digest: digest, mediaType: row[0], bytes: [UInt8](row[1] as Data))
            }
        }
    }

    /// Finds an image by tag or digest, or the repository's row alone when neither is given.
    package func image(
        _ repository: RepositoryName,
        tag: TagName?,
        digest: Digest?,
        in registry: RegistryRow
    ) async throws -> ImageRecord? {
        try await read("look up an image in") { db in
            let repositoryId = try db.number(
                "SELECT id FROM repository WHERE registryId = ? AND name = ?",
                [registry.id, repository.description]
            )
            guard let repositoryId else { return nil }
            if let tag {
                let row = try db.row(
                    """
                    SELECT t.id, t.manifestId, m.digest, t.goneAt FROM tag AS t
                    LEFT JOIN manifest AS m ON m.id = t.manifestId
                    WHERE t.repositoryId = ? AND t.name = ?
                    """,
                    [repositoryId, tag.description]
                )
                return row.map { Self.image(repositoryId, $0[0], $0[1], $0[2], $0[3]) }
            }
            let row = try db.row(
                "SELECT id, digest, goneAt FROM manifest WHERE repositoryId = ? AND digest = ?",
                [repositoryId, digest?.description]
            )
            return row.map { Self.image(repositoryId, nil, $0[0], $0[1], $0[2]) }
        }
    }

    private static func image(
        _ repositoryId: Int64,
        _ tagId: Int64?,
        _ manifestId: Int64?,
        _ digest: String?,
        _ goneAt: Int64?
    ) -> ImageRecord {
        ImageRecord(
            repositoryId: repositoryId,
            tagId: tagId,
            manifestId: manifestId,
            digest: digest.flatMap { Digest($0) },
            isGone: goneAt != nil,
            goneAt: goneAt.map(Timestamp.init(milliseconds:))
        )
    }

    /// Tags that point to a manifest and every tag of a repository, for deletes by name.
    package func tags(
        inRepository repositoryId: Int64,
        pointingTo manifestId: Int64? = nil
    ) async throws -> [(id: Int64, name: TagName, manifestId: Int64?)] {
        try await read("look up tags in") { db in
            try db.rows(
                """
                SELECT id, name, manifestId FROM tag
                WHERE repositoryId = ?1 AND goneAt IS NULL AND (?2 IS NULL OR manifestId = ?2)
                ORDER BY name
                """,
                [repositoryId, manifestId]
            ).compactMap { row in
                TagName(row[1] as String).map { (id: row[0], name: $0, manifestId: row[2]) }
            }
        }
    }

    /// Every present manifest of a repository without a tag of its own.
    package func untaggedManifests(inRepository repositoryId: Int64) async throws -> [Int64] {
        try await read("look up manifests in") { db in
            try db.numbers(
                """
                SELECT id FROM manifest AS m WHERE repositoryId = ? AND goneAt IS NULL
                    AND NOT EXISTS (
                        SELECT 1 FROM tag WHERE manifestId = m.id AND goneAt IS NULL
                    )
                ORDER BY id
                """,
                [repositoryId]
            )
        }
    }

    /// The newest item of any run that removed an image, with the run's name.
    package func removal(
        of image: ImageRecord,
        tag: TagName?
    ) async throws -> (run: RunName, item: RunItem)? {
        try await read("look up a removal in") { db in
            let row = try db.row(
                """
                SELECT run.id, run.name, i.ordinal FROM runItem AS i JOIN run ON run.id = i.runId
                WHERE i.repositoryId = ?1 AND i.state = 'done'
                    AND ((?2 IS NOT NULL AND i.tag = ?2) OR (?2 IS NULL AND i.digest = ?3))
                ORDER BY run.id DESC LIMIT 1
                """,
                [image.repositoryId, tag?.description, image.digest?.description]
            )
            guard let row, let name = RunName(row[1] as String) else { return nil }
            return try Self.item(row[2], ofRun: row[0], db).map { (run: name, item: $0) }
        }
    }

    /// Notes that we pushed: an image came back, and that counts as a push.
    package func restored(
        _ repository: RepositoryName,
        tag: TagName?,
        digest: Digest,
        of registry: RegistryRow,
        at time: Timestamp
    ) async throws {
        try await write("note a restore in") { db in
            let writer = InventoryWriter(db: db, registryId: registry.id, now: time)
            let repositoryId = try writer.repository(repository)
            let manifest = try writer.presentManifest(
                digest,
                mediaType: nil,
                in: repositoryId,
                at: time,
                seenAt: time
            )
            try db.run(
                "UPDATE manifest SET pushedAt = max(ifnull(pushedAt, 0), ?) WHERE id = ?",
                [time.milliseconds, manifest.id]
            )
            guard let tag else { return }
            try writer.tagSeen(
                tag,
                in: repositoryId,
                pointingTo: manifest.id,
                at: time,
                seenAt: time,
                by: .push
            )
        }
    }
}
