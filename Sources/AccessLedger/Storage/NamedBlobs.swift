import GRDB
package import RegistryModel

/// When events and log lines named the blobs of a registry (design, section 5.8, point 2).
package struct NamedBlobs: Sendable {
    /// When each was named last, or up to `step` before that.
    fileprivate(set) var times: [Digest: Timestamp] = [:]
    /// When more was named than is kept apart: any blob may have been.
    fileprivate(set) var anything: Timestamp?

    /// The latest time at which a blob may have been named; nil where it was not, as far as one looked.
    package func latest(_ blob: Digest) -> Timestamp? {
        [times[blob], anything].compactMap(\.self).max().map { $0 + Self.step }
    }

    /// Whether a blob was named at a time or after it; what was named `step` before it may be missing.
    package func isNamed(_ blob: Digest, since time: Timestamp) -> Bool {
        [times[blob], anything].compactMap(\.self).contains { $0 >= time }
    }

    /// A blob that is named again within this time is not written down again.
    static let step = Span.seconds(5)
}

extension Ledger {
    /// The blobs of a registry that an event or a log line has named since a time.
    package func blobsNamed(
        since horizon: Timestamp,
        in registry: RegistryRow
    ) async throws -> NamedBlobs {
        try await read("read the named blobs from") { db in
            var named = NamedBlobs()
            try db.forEach(
                "SELECT digest, at FROM blobNamed WHERE registryId = ? AND at >= ?",
                [registry.id, (horizon - NamedBlobs.step).milliseconds]
            ) { row in
                let (text, time): (String, Timestamp) = (row[0], Timestamp(milliseconds: row[1]))
                if text == NameWriter.anything {
                    named.anything = time
                } else if let digest = Digest(text) {
                    named.times[digest] = time
                }
            }
            return named
        }
    }

    /// The blobs in quarantine that were named after the run began that took them; by run, their
    /// ordinals.
    package func namedSinceTaken(
        from registry: RegistryRow
    ) async throws -> [RunName: Set<Int>] {
        try await read("read the named blobs from") { db in
            var found: [RunName: Set<Int>] = [:]
            try db.forEach(
                """
                SELECT r.name, i.ordinal FROM storageItem AS i INDEXED BY storageItemQuarantined
                JOIN run AS r ON r.id = i.runId
                JOIN blobNamed AS n ON n.registryId = i.registryId AND n.digest IN (i.digest, ?2)
                WHERE i.registryId = ?1 AND i.state = 'quarantined' AND i.digest IS NOT NULL
                    AND i.kind = 'blob' AND n.at >= r.createdAt
                """,
                [registry.id, NameWriter.anything]
            ) { row in
                guard let run = RunName(row[0] as String) else { return }
                found[run, default: []].insert(row[1])
            }
            return found
        }
    }

    /// Writes down that blobs were named, of what is not heard but known otherwise.
    package func note(
        named blobs: Set<Digest>,
        of registry: RegistryRow,
        at time: Timestamp
    ) async throws {
        guard !blobs.isEmpty else { return }
        try await transaction("write down the named blobs in") { db in
            let writer = NameWriter(db: db, registryId: registry.id)
            for blob in blobs { try writer.note(blob.description, at: time) }
        }
    }

    /// Forgets a bounded part of the names from before a time; false when none is left.
    func rollOffNames(before horizon: Timestamp) async throws -> Bool {
        let old = try await read("look for old names in") { db in
            try db.rows(
                "SELECT registryId, digest FROM blobNamed WHERE at < ? LIMIT ?",
                [horizon.milliseconds, Self.namesAtOnce]
            ).map { row -> (registryId: Int64, digest: String) in (row[0], row[1]) }
        }
        guard !old.isEmpty else { return false }
        try await transaction("roll off old names in") { db in
            for name in old {
                try db.run(
                    "DELETE FROM blobNamed WHERE registryId = ? AND digest = ? AND at < ?",
                    [name.registryId, name.digest, horizon.milliseconds]
                )
            }
        }
        return old.count == Self.namesAtOnce
    }

    /// Rows in one transaction, for which webhooks wait.
    private static let namesAtOnce = 1_000
}

/// Writes names down inside a transaction.
struct NameWriter {
    let db: Database
    let registryId: Int64

    /// Stands for all blobs.
    static let anything = ""

    func note(_ blob: String, at time: Timestamp) throws {
        try db.run(
            """
            INSERT INTO blobNamed (registryId, digest, at) VALUES (?, ?, ?)
            ON CONFLICT (registryId, digest) DO UPDATE SET at = max(at, excluded.at)
            """,
            [registryId, blob, time.milliseconds]
        )
    }

    func count() throws -> Int {
        let sql = "SELECT count(*) FROM blobNamed WHERE registryId = ?"
        return Int(try db.number(sql, [registryId]) ?? 0)
    }

    /// Keeps no blob apart any more: any may have been named up to a time.
    func merge(at time: Timestamp) throws {
        try db.run("DELETE FROM blobNamed WHERE registryId = ?", [registryId])
        try note(Self.anything, at: time)
    }
}
