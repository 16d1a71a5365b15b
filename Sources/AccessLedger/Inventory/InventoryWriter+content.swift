import GRDB
import RegistryModel

extension InventoryWriter {
    /// Stores what a manifest refers to; a second time changes nothing.
    ///
    /// `size` are the bytes of the manifest itself; children that were not known are first seen at
    /// `seenAt`.
    func store(_ content: ManifestContent, of id: Int64, size: Int64, seenAt: Timestamp) throws {
        guard let known = try manifest(id: id), known.reading != 1 else { return }
        guard let digest = try digest(of: id) else { return }
        try db.run(
            "UPDATE manifest SET reading = 1, mediaType = ?, subject = ? WHERE id = ?",
            [content.mediaType, content.subject?.description, id]
        )
        if known.goneAt == nil {
            try db.run(
                "UPDATE repository SET unread = unread - 1 WHERE id = ?",
                [known.repositoryId]
            )
        }
        for (digest, size) in Self.sizes(content, digest, size) {
            try link(id, to: digest, size: size)
        }
        if known.goneAt == nil {
            try adjustBlobs(of: id, uses: 1, heldUses: known.isHeld ? 1 : 0)
        }
        // What an index holds as a blob may be a manifest after all, and is held as one then.
        for child in content.children + (content.isIndex ? content.blobs : []) {
            try db.run(
                """
                INSERT INTO manifestChild (parentId, repositoryId, digest) VALUES (?, ?, ?)
                ON CONFLICT (parentId, digest) DO NOTHING
                """,
                [id, known.repositoryId, child.digest.description]
            )
        }
        for child in content.children {
            let present = try presentManifest(
                child.digest,
                mediaType: nil,
                in: known.repositoryId,
                at: seenAt,
                seenAt: seenAt
            )
            try refreshHeld(present.id)
        }
        try refreshHeld(id)
        try refreshDependents(of: id)
        try db.run(
            """
            INSERT INTO mediaTypeSample (registryId, mediaType, manifestId) VALUES (?, ?, ?)
            ON CONFLICT (registryId, mediaType) DO UPDATE SET manifestId = excluded.manifestId
            """,
            [registryId, content.mediaType, id]
        )
    }

    /// Links a manifest that was read before to all its blobs, some of which were not known as such.
    func linkAgain(_ content: ManifestContent, of id: Int64) throws {
        guard let known = try manifest(id: id), known.reading == 1, known.goneAt == nil,
            let digest = try digest(of: id)
        else { return }
        let heldUses = known.isHeld ? 1 : 0
        try adjustBlobs(of: id, uses: -1, heldUses: -heldUses)
        for (blob, size) in Self.sizes(content, digest, 0) { try link(id, to: blob, size: size) }
        try adjustBlobs(of: id, uses: 1, heldUses: heldUses)
    }

    /// The bytes of a manifest and of what it refers to, each once; those of a manifest that claims
    /// more than there can be count nothing.
    private static func sizes(
        _ content: ManifestContent,
        _ digest: Digest,
        _ size: Int64
    ) -> [Digest: Int64] {
        var sizes = [digest: size]
        var sum: Int64 = 0
        for blob in content.blobs where sizes[blob.digest] == nil {
            let size = min(blob.size ?? 0, Descriptor.largestClaim)
            sum += sum <= Descriptor.largestClaim ? max(0, size) : 0
            sizes[blob.digest] = max(0, size)
        }
        guard sum > Descriptor.largestClaim else { return sizes }
        return sizes.mapValues { _ in 0 }.merging([digest: size]) { $1 }
    }

    /// Notes that a manifest cannot be understood: it may hold anything, so its repository stays.
    func markUnreadable(_ id: Int64) throws {
        try db.run("UPDATE manifest SET reading = 2 WHERE id = ? AND reading = 0", [id])
    }

    func digest(of id: Int64) throws -> Digest? {
        try db.row("SELECT digest FROM manifest WHERE id = ?", [id]).flatMap { row in
            Digest(row[0] as String)
        }
    }

    private func link(_ manifestId: Int64, to digest: Digest, size: Int64) throws {
        try db.run(
            """
            INSERT INTO blob (registryId, digest, size) VALUES (?, ?, ?)
            ON CONFLICT (registryId, digest) DO NOTHING
            """,
            [registryId, digest.description, size]
        )
        try db.run(
            """
            INSERT INTO manifestBlob (manifestId, blobId)
            SELECT ?, id FROM blob WHERE registryId = ? AND digest = ?
            ON CONFLICT (manifestId, blobId) DO NOTHING
            """,
            [manifestId, registryId, digest.description]
        )
    }
}
