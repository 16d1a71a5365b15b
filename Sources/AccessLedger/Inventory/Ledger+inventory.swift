import GRDB
package import RegistryModel

/// A manifest whose content the ledger does not know yet.
package struct UnreadManifest: Sendable, Equatable {
    package var id: Int64
    package var repositoryId: Int64
    package var repository: RepositoryName
    package var digest: Digest
}

extension Ledger {
    /// The registry's row, made where it is missing.
    package func registry(named name: String) async throws -> RegistryRow {
        try await write("add a registry to") { db in
            try db.run(
                "INSERT INTO registry (name) VALUES (?) ON CONFLICT (name) DO NOTHING",
                [name]
            )
            let id = try db.number("SELECT id FROM registry WHERE name = ?", [name])
            return RegistryRow(id: id ?? 0, name: name)
        }
    }

    /// All registries that were ever heard or listed.
    package func registries() async throws -> [RegistryRow] {
        try await read("read the registries from") { db in
            try db.rows("SELECT id, name FROM registry ORDER BY name")
                .map { RegistryRow(id: $0[0], name: $0[1]) }
        }
    }

    /// Manifests to read behind `last`, by repository and row; of one repository where it is named.
    ///
    /// Where a repository could not be listed all stays, so that nothing in it needs to be read.
    package func unreadManifests(
        of registry: RegistryRow,
        in repositoryId: Int64? = nil,
        after last: UnreadManifest? = nil,
        limit: Int
    ) async throws -> [UnreadManifest] {
        try await read("read the inventory from") { db in
            let place = (last?.repositoryId ?? repositoryId ?? 0, last?.id ?? 0)
            return try db.rows(
                """
                SELECT m.id, m.repositoryId, r.name, m.digest FROM manifest AS m
                JOIN repository AS r ON r.id = m.repositoryId
                WHERE m.registryId = ?1 AND m.reading = 0 AND m.goneAt IS NULL
                    AND (m.repositoryId, m.id) > (?2, ?3)
                    AND (?4 IS NULL OR m.repositoryId = ?4)
                    AND NOT EXISTS (SELECT 1 FROM unlisted AS u WHERE u.repositoryId = m.repositoryId)
                ORDER BY m.repositoryId, m.id LIMIT ?5
                """,
                [registry.id, place.0, place.1, repositoryId, limit]
            ).compactMap { row in
                guard let name = RepositoryName(row[2] as String),
                    let digest = Digest(row[3] as String)
                else { return nil }
                return UnreadManifest(
                    id: row[0],
                    repositoryId: row[1],
                    repository: name,
                    digest: digest
                )
            }
        }
    }

    /// Stores what manifests refer to, with the bytes of each.
    package func store(
        _ contents: [(id: Int64, content: ManifestContent, size: Int64)],
        of registry: RegistryRow,
        at time: Timestamp
    ) async throws {
        guard !contents.isEmpty else { return }
        try await write("store manifests in") { db in
            let writer = InventoryWriter(db: db, registryId: registry.id, now: time)
            for entry in contents {
                try writer.store(entry.content, of: entry.id, size: entry.size, seenAt: time)
            }
        }
    }

    /// Notes that a manifest cannot be understood, so that its repository is left alone.
    package func markUnreadable(_ id: Int64, of registry: RegistryRow) async throws {
        try await write("mark a manifest in") { db in
            try InventoryWriter(db: db, registryId: registry.id, now: .init(milliseconds: 0))
                .markUnreadable(id)
        }
    }

    /// Lets manifests that could not be understood be tried again.
    package func retryUnreadable(of registry: RegistryRow) async throws {
        try await write("write the inventory to") { db in
            try db.run(
                "UPDATE manifest SET reading = 0 WHERE registryId = ? AND reading = 2",
                [registry.id]
            )
        }
    }

    /// Notes that a manifest, and every tag on it, is no longer in the registry.
    package func markGone(
        manifest id: Int64,
        of registry: RegistryRow,
        at time: Timestamp
    ) async throws {
        try await write("mark a manifest in") { db in
            try InventoryWriter(db: db, registryId: registry.id, now: time)
                .manifestGone(id, at: time)
        }
    }

    /// Notes that a tag is no longer in the registry.
    package func markGone(tag id: Int64, of registry: RegistryRow, at time: Timestamp) async throws
    {
        try await write("mark a tag in") { db in
            try InventoryWriter(db: db, registryId: registry.id, now: time).tagGone(id, at: time)
        }
    }

    /// Takes over a complete listing of one repository's tags.
    ///
    /// Each tag comes with the digest it pointed to. Tags that are not among them and were not pushed
    /// since the listing began are gone; what was heard since it began is newer than the listing.
    package func list(
        _ repository: RepositoryName,
        of registry: RegistryRow,
        tags: [(name: TagName, digest: Digest)],
        began: Timestamp,
        now: Timestamp
    ) async throws {
        try await write("write the inventory to") { db in
            let writer = InventoryWriter(db: db, registryId: registry.id, now: now)
            let repositoryId = try writer.repository(repository)
            for tag in tags {
                let manifest = try writer.presentManifest(
                    tag.digest,
                    mediaType: nil,
                    in: repositoryId,
                    at: began,
                    seenAt: now
                )
                try writer.tagSeen(
                    tag.name,
                    in: repositoryId,
                    pointingTo: manifest.id,
                    at: began,
                    seenAt: now,
                    by: .found(foundAt: now)
                )
            }
            let listed = Set(tags.map(\.name.description))
            let known = try db.rows(
                """
                SELECT id, name FROM tag
                WHERE repositoryId = ? AND goneAt IS NULL AND movedAt < ?
                    AND ifnull(pushedAt, 0) < ?
                """,
                [repositoryId, began.milliseconds, began.milliseconds]
            )
            for row in known where !listed.contains(row[1]) {
                try writer.tagGone(row[0], at: began)
            }
        }
    }

    /// The digests that tags of a repository pointed to when last heard of.
    package func knownTags(
        of repository: RepositoryName,
        in registry: RegistryRow
    ) async throws -> [TagName: Digest] {
        try await read("read the inventory from") { db in
            let rows = try db.rows(
                """
                SELECT t.name, m.digest FROM tag AS t
                JOIN repository AS r ON r.id = t.repositoryId
                JOIN manifest AS m ON m.id = t.manifestId
                WHERE r.registryId = ? AND r.name = ? AND t.goneAt IS NULL
                """,
                [registry.id, repository.description]
            )
            var known: [TagName: Digest] = [:]
            for row in rows {
                guard let name = TagName(row[0] as String), let digest = Digest(row[1] as String)
                else { continue }
                known[name] = digest
            }
            return known
        }
    }

    /// Notes that the whole registry was listed.
    package func listed(_ registry: RegistryRow, at time: Timestamp) async throws {
        try await write("write the inventory to") { db in
            try db.run(
                "UPDATE registry SET listedAt = ? WHERE id = ?",
                [time.milliseconds, registry.id]
            )
        }
    }

    /// When the whole registry was last listed.
    package func lastListing(of registry: RegistryRow) async throws -> Timestamp? {
        try await read("read the inventory from") { db in
            try db.number("SELECT listedAt FROM registry WHERE id = ?", [registry.id])
                .map(Timestamp.init(milliseconds:))
        }
    }

    /// Every repository of a registry that is known to hold something, by name.
    package func repositories(of registry: RegistryRow) async throws -> [RepositoryFacts] {
        try await read("read the inventory from") { db in
            try db.rows(
                """
                SELECT r.id, r.name, r.tags, r.untagged, r.unread, r.bytes, r.untaggedBytes,
                    r.pushes, u.since, u.why
                FROM repository AS r LEFT JOIN unlisted AS u ON u.repositoryId = r.id
                WHERE r.registryId = ? ORDER BY r.name
                """,
                [registry.id]
            ).compactMap { Self.repositoryFacts($0, registry.name) }
        }
    }

    /// The facts of some repositories, by row.
    package func repositories(_ ids: Set<Int64>) async throws -> [Int64: RepositoryFacts] {
        try await read("read the inventory from") { db in
            var facts: [Int64: RepositoryFacts] = [:]
            for id in ids { facts[id] = try Self.repositoryFacts(db, id) }
            return facts
        }
    }

    /// Bytes of all that a registry's manifests refer to, each blob once.
    package func bytes(of registry: RegistryRow) async throws -> Int64 {
        try await read("measure") { db in
            try db.number("SELECT bytes FROM registry WHERE id = ?", [registry.id]) ?? 0
        }
    }

    /// Blobs that no manifest refers to any more, which the registry's disk may still hold.
    package func releasedBlobs(
        of registry: RegistryRow
    ) async throws -> [(id: Int64, digest: Digest, size: Int64)] {
        try await read("measure") { db in
            try db.rows(
                "SELECT id, digest, size FROM blob WHERE registryId = ? AND uses = 0",
                [registry.id]
            ).compactMap { row in
                Digest(row[1] as String).map { (id: row[0], digest: $0, size: row[2]) }
            }
        }
    }

    static func repositoryFacts(_ db: Database, _ id: Int64) throws -> RepositoryFacts? {
        let row = try db.row(
            """
            SELECT r.id, r.name, r.tags, r.untagged, r.unread, r.bytes, r.untaggedBytes, r.pushes,
                u.since, u.why, g.name
            FROM repository AS r JOIN registry AS g ON g.id = r.registryId
            LEFT JOIN unlisted AS u ON u.repositoryId = r.id
            WHERE r.id = ?
            """,
            [id]
        )
        return row.flatMap { repositoryFacts($0, $0[10]) }
    }

    private static func repositoryFacts(
        _ row: some LedgerRow,
        _ registry: String
    ) -> RepositoryFacts? {
        guard let name = RepositoryName(row[1] as String) else { return nil }
        var facts = RepositoryFacts(id: row[0], registry: registry, name: name)
        facts.tags = row[2]
        facts.untagged = row[3]
        facts.unreadable = row[4]
        facts.bytes = row[5]
        facts.untaggedBytes = row[6]
        facts.pushes = row[7]
        facts.unlisted = (row[8] as Int64?).map { since in
            ListingFailure(since: Timestamp(milliseconds: since), why: row[9])
        }
        return facts
    }
}
