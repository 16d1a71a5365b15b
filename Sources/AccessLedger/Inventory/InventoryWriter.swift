import GRDB
import RegistryModel

/// Writes what a registry holds, and keeps every counter that triggers read true in the same
/// transaction: tags, untagged and unread manifests, bytes, each blob counted once.
///
/// A manifest is *held* while a tag points to it, a held index holds it, or it is a referrer of a
/// held manifest; the others are what is called untagged.
struct InventoryWriter {
    let db: Database
    let registryId: Int64
    /// The time of the news; what is found to be untagged now is untagged since then.
    let now: Timestamp

    /// A manifest's row, as far as writing needs it.
    struct Manifest {
        var id: Int64
        var repositoryId: Int64
        var reading: Int
        var isHeld: Bool
        var goneAt: Int64?
        var pushedAt: Int64?
        var lastAccess: Int64
    }

    // MARK: Repositories

    /// The row of a repository, made where it is missing.
    func repository(_ name: RepositoryName) throws -> Int64 {
        if let id = try knownRepository(name) { return id }
        try db.run(
            "INSERT INTO repository (registryId, name) VALUES (?, ?)",
            [registryId, name.description]
        )
        return db.lastInsertedRowID
    }

    func knownRepository(_ name: RepositoryName) throws -> Int64? {
        try db.number(
            "SELECT id FROM repository WHERE registryId = ? AND name = ?",
            [registryId, name.description]
        )
    }

    // MARK: Manifests

    func knownManifest(_ digest: Digest, in repositoryId: Int64) throws -> Manifest? {
        try db.first(
            """
            SELECT id, repositoryId, reading, isHeld, goneAt, pushedAt, lastAccess
            FROM manifest WHERE repositoryId = ? AND digest = ?
            """,
            [repositoryId, digest.description]
        ) { Self.manifest($0) }
    }

    func manifest(id: Int64) throws -> Manifest? {
        try db.first(
            """
            SELECT id, repositoryId, reading, isHeld, goneAt, pushedAt, lastAccess
            FROM manifest WHERE id = ?
            """,
            [id]
        ) { Self.manifest($0) }
    }

    /// The row of a manifest that was seen to be there at `time`: made where it is missing, brought
    /// back where it was gone before that.
    func presentManifest(
        _ digest: Digest,
        mediaType: String?,
        in repositoryId: Int64,
        at time: Timestamp,
        seenAt: Timestamp
    ) throws -> Manifest {
        if var known = try knownManifest(digest, in: repositoryId) {
            if let goneAt = known.goneAt, goneAt < time.milliseconds {
                try revive(&known, seenAt: seenAt)
            }
            return known
        }
        try db.run(
            """
            INSERT INTO manifest
                (registryId, repositoryId, digest, mediaType, firstSeen, untaggedSince)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                registryId, repositoryId, digest.description, mediaType, seenAt.milliseconds,
                seenAt.milliseconds,
            ]
        )
        let id = db.lastInsertedRowID
        try db.run(
            "UPDATE repository SET untagged = untagged + 1, unread = unread + 1 WHERE id = ?",
            [repositoryId]
        )
        try refreshHeld(id)
        return try manifest(id: id)
            ?? Manifest(
                id: id,
                repositoryId: repositoryId,
                reading: 0,
                isHeld: false,
                goneAt: nil,
                pushedAt: nil,
                lastAccess: 0
            )
    }

    /// Marks a manifest, and the tags that point to it, as gone.
    func manifestGone(_ id: Int64, at time: Timestamp) throws {
        guard let known = try manifest(id: id), known.goneAt == nil else { return }
        for tag in try db.numbers(
            "SELECT id FROM tag WHERE manifestId = ? AND goneAt IS NULL",
            [id]
        ) {
            try tagGone(tag, at: time)
        }
        try setHeld(id, false, at: time)
        if known.reading == 1 { try adjustBlobs(of: id, uses: -1, heldUses: 0) }
        try db.run("UPDATE manifest SET goneAt = ? WHERE id = ?", [time.milliseconds, id])
        try db.run(
            "UPDATE repository SET untagged = untagged - 1, unread = unread - ? WHERE id = ?",
            [known.reading == 1 ? 0 : 1, known.repositoryId]
        )
        try refreshDependents(of: id)
    }

    /// Whether a tag points to a manifest.
    func hasTag(_ id: Int64) throws -> Bool {
        try db.number(
            "SELECT EXISTS (SELECT 1 FROM tag WHERE manifestId = ? AND goneAt IS NULL)",
            [id]
        ) == 1
    }

    /// Bytes of all that the registry's manifests refer to, each blob once.
    func registryBytes() throws -> Int64 {
        try db.number("SELECT bytes FROM registry WHERE id = ?", [registryId]) ?? 0
    }

    /// Bytes of all that a manifest refers to and no manifest uses any more.
    func unusedBytes(of id: Int64) throws -> Int64 {
        try db.number(
            """
            SELECT CAST(total(b.size) AS INTEGER) FROM manifestBlob AS mb JOIN blob AS b ON b.id = mb.blobId
            WHERE mb.manifestId = ? AND b.uses = 0
            """,
            [id]
        ) ?? 0
    }

    private func revive(_ known: inout Manifest, seenAt: Timestamp) throws {
        try db.run(
            """
            UPDATE manifest SET goneAt = NULL, firstSeen = ?, untaggedSince = ? WHERE id = ?
            """,
            [seenAt.milliseconds, seenAt.milliseconds, known.id]
        )
        try db.run(
            "UPDATE repository SET untagged = untagged + 1, unread = unread + ? WHERE id = ?",
            [known.reading == 1 ? 0 : 1, known.repositoryId]
        )
        if known.reading == 1 { try adjustBlobs(of: known.id, uses: 1, heldUses: 0) }
        known.goneAt = nil
        try refreshHeld(known.id)
        try refreshDependents(of: known.id)
    }

    static func manifest(_ row: some LedgerRow) -> Manifest {
        Manifest(
            id: row[0],
            repositoryId: row[1],
            reading: row[2],
            isHeld: row[3],
            goneAt: row[4],
            pushedAt: row[5],
            lastAccess: row[6]
        )
    }
}
