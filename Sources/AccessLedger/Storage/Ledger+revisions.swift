import GRDB
package import RegistryModel

extension Ledger {
    /// Takes over a complete listing of one repository's manifests, tagged or not, as only a look at
    /// the registry's disk gives it.
    ///
    /// Each comes with the time since when it is there. Those that are not among them and were known
    /// before the listing began are gone.
    package func list(
        _ repository: RepositoryName,
        of registry: RegistryRow,
        manifests: [(digest: Digest, since: Timestamp)],
        began: Timestamp,
        now: Timestamp
    ) async throws {
        try await write("write the inventory to") { db in
            let writer = InventoryWriter(db: db, registryId: registry.id, now: now)
            let repositoryId = try writer.repository(repository)
            for manifest in manifests {
                _ = try writer.presentManifest(
                    manifest.digest,
                    mediaType: nil,
                    in: repositoryId,
                    at: began,
                    seenAt: min(manifest.since, now)
                )
            }
            let listed = Set(manifests.map(\.digest.description))
            let known = try db.rows(
                """
                SELECT id, digest FROM manifest
                WHERE repositoryId = ? AND goneAt IS NULL AND firstSeen < ?
                    AND ifnull(pushedAt, 0) < ?
                """,
                [repositoryId, began.milliseconds, began.milliseconds]
            )
            for row in known where !listed.contains(row[1]) {
                try writer.manifestGone(row[0], at: began)
            }
        }
    }

    /// The manifests of a registry that an event or a log line has named since a time, with when.
    package func manifestsNamed(
        since horizon: Timestamp,
        in registry: RegistryRow
    ) async throws -> [Digest: Timestamp] {
        try await read("read the inventory from") { db in
            var uses: [(digest: String, time: Int64)] = []
            for (row, hours) in try Journal(db: db).sums().hours where row.kind == .manifest {
                let time = hours.values.map(\.lastAt).max() ?? 0
                uses += try db.rows(
                    "SELECT digest FROM manifest WHERE id = ? AND registryId = ?",
                    [row.id, registry.id]
                ).map { (digest: $0[0], time: time) }
            }
            // A row's own last access lags behind its hours.
            uses += try db.rows(
                """
                SELECT digest, max(
                    lastAccess,
                    ifnull(pushedAt, 0),
                    ifnull((SELECT max(lastAt) FROM manifestHour WHERE manifestId = m.id), 0)
                )
                FROM manifest AS m
                WHERE registryId = ? AND max(lastAccess, ifnull(pushedAt, 0)) > ?
                """,
                [registry.id, horizon.milliseconds - KnownRow.lag]
            ).map { (digest: $0[0], time: $0[1]) }
            var named: [Digest: Timestamp] = [:]
            for use in uses where use.time >= horizon.milliseconds {
                guard let digest = Digest(use.digest) else { continue }
                let time = Timestamp(milliseconds: use.time)
                named[digest] = max(named[digest] ?? time, time)
            }
            return named
        }
    }
}
