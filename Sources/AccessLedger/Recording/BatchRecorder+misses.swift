import GRDB
import RegistryModel

// A request for what is not there may be one for something that we removed (design, section 5.11).
extension BatchRecorder {
    /// What a run removed, and somebody asked for.
    private struct Removal {
        var runId: Int64
        var ordinal: Int64
        var isStorage: Bool
    }

    /// Writes down a request for something that a run of ours removed and that is not there again.
    ///
    /// It waits there until it is sure that it was no pushing client's own check.
    mutating func record(_ miss: Miss, of delivery: Delivery) throws {
        let access = miss.access
        guard !OwnUserAgent.matches(access.userAgent), !ignoreList.ignores(access) else { return }
        let time = try reading(of: access.time, by: access.instance ?? "", of: delivery)
        try record(miss, at: time.late, of: delivery) { recorder throws in
            try recorder.isNew(access, of: delivery)
        }
    }

    /// As above, of a request that counts and was at `time`; `isNew` is asked only where it matters.
    mutating func record(
        _ miss: Miss,
        at time: Timestamp,
        of delivery: Delivery,
        isNew: (inout BatchRecorder) throws -> Bool
    ) throws {
        let access = miss.access
        guard let repositoryId = try knownRepository(access.repository, of: delivery) else {
            return
        }
        // A stamp of whole seconds may be up to that much too early.
        let latest = access.isSecondGranular ? time + Span(milliseconds: 999) : time
        guard let removal = try removal(of: miss, repositoryId, delivery, time, latest),
            try isNew(&self)
        else { return }
        try db.run(
            """
            INSERT INTO missed (registryId, repositoryId, kind, tag, digest, runId, ordinal,
                isStorage, at, source, address, actor, userAgent)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                delivery.registry.id, repositoryId,
                miss.isBlob ? "blob" : access.tag == nil ? "manifest" : "tag",
                access.tag?.description, access.digest?.description, removal.runId,
                removal.ordinal, removal.isStorage, time.milliseconds, delivery.source.rawValue,
                access.address, access.actor, access.userAgent,
            ]
        )
    }

    /// Whether anything was ever removed that could be missed.
    func hasRemovals() throws -> Bool {
        try db.number(
            """
            SELECT EXISTS (SELECT 1 FROM runItem WHERE state = 'done')
                OR EXISTS (SELECT 1 FROM storageItem)
            """
        ) == 1
    }

    /// Drops what the client that pushes had looked for just before; of another source, whoever
    /// did, for a proxy hides who asks.
    func forgetMisses(
        before access: Access,
        at time: Timestamp,
        _ repositoryId: Int64,
        of delivery: Delivery
    ) throws {
        try db.run(
            """
            DELETE FROM missed
            WHERE repositoryId = ?1 AND at BETWEEN ?2 AND ?3 AND (tag = ?4 OR digest = ?5)
                AND (source <> ?6 OR (address IS ?7 AND actor IS ?8 AND userAgent IS ?9))
            """,
            [
                repositoryId, (time - Ledger.pushCheckTime - .seconds(1)).milliseconds,
                time.milliseconds, access.tag?.description, access.digest?.description,
                delivery.source.rawValue, access.address, access.actor, access.userAgent,
            ]
        )
    }

    /// The row of a repository; a request for what never was makes none.
    private mutating func knownRepository(
        _ name: RepositoryName,
        of delivery: Delivery
    ) throws -> Int64? {
        let key = RepositoryKey(registryId: delivery.registry.id, name: name)
        if let id = known.repository(key) { return id }
        return try writer(delivery).knownRepository(name)
    }

    private func removal(
        of miss: Miss,
        _ repositoryId: Int64,
        _ delivery: Delivery,
        _ time: Timestamp,
        _ latest: Timestamp
    ) throws -> Removal? {
        let access = miss.access
        if miss.isBlob {
            // Clients that push ask for blobs by HEAD all the time.
            guard access.class == .pull else { return nil }
        } else if let tag = access.tag {
            if let found = try itemRemoval(ofTag: tag, repositoryId, latest) { return found }
        } else if let digest = access.digest,
            let found = try itemRemoval(ofManifest: digest, repositoryId, latest)
        {
            return found
        }
        return try storageRemoval(of: miss, delivery, time, latest)
    }

    /// The run that removed a tag which is gone since.
    private func itemRemoval(
        ofTag tag: TagName,
        _ repositoryId: Int64,
        _ latest: Timestamp
    ) throws -> Removal? {
        try db.row(
            """
            SELECT i.runId, i.ordinal FROM runItem AS i
            JOIN tag AS t ON t.repositoryId = i.repositoryId AND t.name = i.tag
            WHERE i.repositoryId = ?1 AND i.tag = ?2 AND i.state = 'done' AND i.changedAt <= ?3
                AND i.detail <> ?4 AND t.goneAt <= i.changedAt
            ORDER BY i.runId DESC LIMIT 1
            """,
            [repositoryId, tag.description, latest.milliseconds, RunItem.wasGone]
        ).map { Removal(runId: $0[0], ordinal: $0[1], isStorage: false) }
    }

    private func itemRemoval(
        ofManifest digest: Digest,
        _ repositoryId: Int64,
        _ latest: Timestamp
    ) throws -> Removal? {
        try db.row(
            """
            SELECT i.runId, i.ordinal FROM runItem AS i
            JOIN manifest AS m ON m.repositoryId = i.repositoryId AND m.digest = i.digest
            WHERE i.repositoryId = ?1 AND i.digest = ?2 AND i.state = 'done' AND i.changedAt <= ?3
                AND i.detail <> ?4 AND (i.kind = 'manifest' OR i.removesManifest = 1) AND m.goneAt <= i.changedAt
            ORDER BY i.runId DESC LIMIT 1
            """,
            [repositoryId, digest.description, latest.milliseconds, RunItem.wasGone]
        ).map { Removal(runId: $0[0], ordinal: $0[1], isStorage: false) }
    }

    /// The sweep that took it from the disk; what was brought back since was missed all the same.
    private func storageRemoval(
        of miss: Miss,
        _ delivery: Delivery,
        _ time: Timestamp,
        _ latest: Timestamp
    ) throws -> Removal? {
        let name = miss.access.tag?.description
        let sql =
            name == nil
            ? """
            SELECT i.runId, i.ordinal FROM storageItem AS i JOIN run AS r ON r.id = i.runId
            WHERE i.registryId = ?1 AND i.digest = ?2 AND (i.kind = 'blob' OR i.repository = ?3)
                AND r.createdAt <= ?4 AND (i.state IN ('quarantined', 'done')
                    OR (i.state = 'skipped' AND i.changedAt >= ?5))
            ORDER BY i.runId DESC LIMIT 1
            """
            : """
            SELECT i.runId, i.ordinal FROM storageItem AS i JOIN run AS r ON r.id = i.runId
            WHERE i.registryId = ?1 AND i.repository = ?3 AND i.name = ?2 AND i.kind = 'tag'
                AND r.createdAt <= ?4 AND (i.state IN ('quarantined', 'done')
                    OR (i.state = 'skipped' AND i.changedAt >= ?5))
            ORDER BY i.runId DESC LIMIT 1
            """
        return try db.row(
            sql,
            [
                delivery.registry.id, name ?? miss.access.digest?.description,
                miss.access.repository.description, latest.milliseconds, time.milliseconds,
            ]
        ).map { Removal(runId: $0[0], ordinal: $0[1], isStorage: true) }
    }
}
