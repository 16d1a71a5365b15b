import GRDB
package import RegistryModel

extension Ledger {
    /// Takes over what a registry's own API tells of one repository.
    ///
    /// What a whole listing does not name and was not pushed since it began is gone; what was heard
    /// since then is newer than the listing. In steps, so that nobody waits long for the ledger.
    package func list(
        _ repository: RepositoryName,
        of registry: RegistryRow,
        _ listing: RepositoryListing,
        began: Timestamp,
        now: Timestamp
    ) async throws {
        for manifests in listing.manifests.chunked(Self.listedAtOnce) {
            try await listed(manifests, repository, registry, began, now)
        }
        if !listing.holdings.isEmpty {
            try await write("write the inventory to") { db in
                let writer = InventoryWriter(db: db, registryId: registry.id, now: now)
                let repositoryId = try writer.repository(repository)
                for holding in listing.holdings { try writer.listed(holding, in: repositoryId) }
            }
        }
        for tags in listing.tags.chunked(Self.listedAtOnce) {
            try await listed(tags, repository, registry, began, now)
        }
        guard listing.isWhole else { return }
        try await write("write the inventory to") { db in
            let writer = InventoryWriter(db: db, registryId: registry.id, now: now)
            guard let repositoryId = try writer.knownRepository(repository) else { return }
            try writer.missing(listing, in: repositoryId, since: began)
        }
    }

    private func listed(
        _ manifests: Slice<PackedList<ListedManifest>>,
        _ repository: RepositoryName,
        _ registry: RegistryRow,
        _ began: Timestamp,
        _ now: Timestamp
    ) async throws {
        try await write("write the inventory to") { db in
            let writer = InventoryWriter(db: db, registryId: registry.id, now: now)
            let repositoryId = try writer.repository(repository)
            for manifest in manifests {
                try writer.listed(manifest, in: repositoryId, began: began)
            }
        }
    }

    private func listed(
        _ tags: Slice<PackedList<ListedTag>>,
        _ repository: RepositoryName,
        _ registry: RegistryRow,
        _ began: Timestamp,
        _ now: Timestamp
    ) async throws {
        try await write("write the inventory to") { db in
            let writer = InventoryWriter(db: db, registryId: registry.id, now: now)
            let repositoryId = try writer.repository(repository)
            for tag in tags { try writer.listed(tag, in: repositoryId, began: began) }
        }
    }

    /// Rows between two commits.
    private static let listedAtOnce = 500
}

extension InventoryWriter {
    fileprivate func listed(
        _ manifest: ListedManifest,
        in repositoryId: Int64,
        began: Timestamp
    ) throws {
        let row = try presentManifest(
            manifest.digest,
            mediaType: manifest.mediaType,
            in: repositoryId,
            at: began,
            seenAt: now
        )
        try db.run(
            """
            UPDATE manifest
            SET isLocked = ?1,
                pushedAt = CASE WHEN ?2 IS NULL THEN pushedAt ELSE max(ifnull(pushedAt, 0), ?2) END
            WHERE id = ?3
            """,
            [manifest.isLocked, manifest.pushedAt?.milliseconds, row.id]
        )
        guard let content = manifest.content else { return }
        try store(content, of: row.id, size: 0, seenAt: now)
    }

    /// Notes what a listed manifest holds; what is held need not have a row of its own.
    fileprivate func listed(
        _ holding: RepositoryListing.Holding,
        in repositoryId: Int64
    ) throws {
        guard let holder = try knownManifest(holding.holder, in: repositoryId) else { return }
        try db.run(
            """
            INSERT INTO manifestChild (parentId, repositoryId, digest) VALUES (?, ?, ?)
            ON CONFLICT (parentId, digest) DO NOTHING
            """,
            [holder.id, repositoryId, holding.held.description]
        )
        guard let held = try knownManifest(holding.held, in: repositoryId) else { return }
        try refreshHeld(held.id)
    }

    fileprivate func listed(
        _ tag: ListedTag,
        in repositoryId: Int64,
        began: Timestamp
    ) throws {
        let manifest = try tag.digest.map { digest in
            try presentManifest(
                digest,
                mediaType: nil,
                in: repositoryId,
                at: began,
                seenAt: now
            ).id
        }
        let id = try tagSeen(
            tag.name,
            in: repositoryId,
            pointingTo: manifest,
            at: began,
            seenAt: now,
            by: .found(foundAt: tag.pushedAt == nil ? now : nil)
        )
        var lastPull: Int64?
        if case .at(let time)? = tag.use { lastPull = time.milliseconds }
        try db.run(
            """
            UPDATE tag
            SET isLocked = ?1, toldAt = ?2, toldPullAt = ?3,
                lastUse = max(lastUse, ifnull(?3, 0))
            WHERE id = ?4
            """,
            [tag.isLocked, tag.use == nil ? nil : began.milliseconds, lastPull, id]
        )
        guard let pushedAt = tag.pushedAt else { return }
        try db.run(
            """
            UPDATE tag
            SET pushedAt = max(ifnull(pushedAt, 0), ?1),
                pushRank = max(ifnull(pushedAt, 0), ?1)
            WHERE id = ?2
            """,
            [pushedAt.milliseconds, id]
        )
    }

    /// Marks as gone what a whole listing, begun at `began`, does not name.
    fileprivate func missing(
        _ listing: RepositoryListing,
        in repositoryId: Int64,
        since began: Timestamp
    ) throws {
        let tags = try unnamed(
            """
            SELECT id, name FROM tag
            WHERE repositoryId = ?1 AND goneAt IS NULL AND movedAt < ?2
                AND ifnull(pushedAt, 0) < ?2
            """,
            [repositoryId, began.milliseconds],
            by: listing.tags.lazy.map(\.name.description)
        )
        for tag in tags { try tagGone(tag, at: began) }
        let manifests = try unnamed(
            """
            SELECT id, digest FROM manifest
            WHERE repositoryId = ?1 AND goneAt IS NULL AND firstSeen < ?2
                AND ifnull(pushedAt, 0) < ?2
            """,
            [repositoryId, began.milliseconds],
            by: listing.manifests.lazy.map(\.digest.description)
        )
        for manifest in manifests { try manifestGone(manifest, at: began) }
    }

    /// The ids of those rows, each an id and a name, whose name is not in `names`.
    private func unnamed(
        _ sql: String,
        _ arguments: Database.Arguments,
        by names: some Sequence<String>
    ) throws -> [Int64] {
        let names = Set(names)
        var ids: [Int64] = []
        try db.forEach(sql, arguments) { row in
            if !names.contains(row[1]) { ids.append(row[0]) }
        }
        return ids
    }
}

extension PackedList {
    /// Its parts, in order, of at most `size` elements.
    fileprivate func chunked(_ size: Int) -> [Slice<Self>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
