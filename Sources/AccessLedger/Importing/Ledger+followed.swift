import GRDB
package import RegistryModel

extension Ledger {
    /// Notes that a place was looked at, and why it can't be read.
    ///
    /// An empty `problem` says that all is well. While there is one the registry has a gap. A problem
    /// that ends after `losesAfter` leaves a known loss from its beginning until now: what was
    /// written meanwhile may be gone. Nil says that nothing is: what is there was known all the time.
    ///
    /// - Returns: True when that is news.
    @discardableResult
    package func noteFollowed(
        _ place: String,
        of registry: RegistryRow,
        problem: String,
        losesAfter: Span? = .zero,
        now: Timestamp
    ) async throws -> Bool {
        try await transaction("note a followed log in") { db in
            let known = try db.row(
                "SELECT problem, changedAt FROM followed WHERE registryId = ? AND place = ?",
                [registry.id, place]
            )
            let before: String? = known?[0]
            let isNews = before != problem
            var since = now
            if let losesAfter, let known, let before, !before.isEmpty, isNews {
                let start = Timestamp(milliseconds: known[1])
                if now - start >= losesAfter {
                    try CoverageWriter(db: db, registryId: registry.id)
                        .lost(Self.unread(place, before), from: start, until: now)
                } else if !problem.isEmpty {
                    since = start
                }
            }
            try db.run(
                """
                INSERT INTO followed (registryId, place, problem, changedAt, readAt)
                VALUES (?1, ?2, ?3, ?5, ?4)
                ON CONFLICT (registryId, place) DO UPDATE SET
                    readAt = ?4, changedAt = iif(problem = ?3, changedAt, ?5), problem = ?3
                """,
                [registry.id, place, problem, now.milliseconds, since.milliseconds]
            )
            return isNews && (before != nil || !problem.isEmpty)
        }
    }

    /// Forgets how it goes with places that are followed no longer; what one of them could not tell
    /// until now is known loss.
    package func keepFollowed(
        _ places: Set<String>,
        of registry: RegistryRow,
        now: Timestamp
    ) async throws {
        try await transaction("forget followed logs in") { db in
            let known = try db.rows(
                "SELECT place, problem, changedAt FROM followed WHERE registryId = ?",
                [registry.id]
            )
            for row in known {
                let (place, problem): (String, String) = (row[0], row[1])
                guard !places.contains(place) else { continue }
                if !problem.isEmpty {
                    try CoverageWriter(db: db, registryId: registry.id).lost(
                        Self.unread(place, problem),
                        from: Timestamp(milliseconds: row[2]),
                        until: now
                    )
                }
                try db.run(
                    "DELETE FROM followed WHERE registryId = ? AND place = ?",
                    [registry.id, place]
                )
            }
        }
    }

    /// Why a registry has a gap while one of its logs can't be read.
    private static func unread(_ place: String, _ problem: String) -> String {
        "\(place) can't be read: \(problem)"
    }

    /// The logs of a registry that can't be read at present, each an open gap since that began.
    static func unread(_ db: Database, of registry: RegistryRow) throws -> [CoverageRecord.Stretch]
    {
        try db.rows(
            """
            SELECT place, problem, changedAt FROM followed
            WHERE registryId = ? AND problem <> '' ORDER BY changedAt, place
            """,
            [registry.id]
        ).map { row in
            .init(
                from: Timestamp(milliseconds: row[2]),
                to: nil,
                reason: unread(row[0], row[1])
            )
        }
    }

    /// Notes known loss: something was said of a registry that can't be read any more.
    package func noteLoss(
        _ reason: String,
        of registry: RegistryRow,
        at time: Timestamp
    ) async throws {
        try await transaction("note a loss in") { db in
            try CoverageWriter(db: db, registryId: registry.id).lost(reason, at: time)
        }
    }

    /// The places that are or were followed, and how that goes.
    package func followed() async throws -> [FollowedPlace] {
        try await read("read the followed logs from") { db in
            try db.rows(
                """
                SELECT g.name, f.place, f.problem, f.changedAt, f.readAt, f.registryId
                FROM followed AS f JOIN registry AS g ON g.id = f.registryId
                ORDER BY g.name, f.place
                """
            ).map { row in
                let place: String = row[1]
                let newest = try db.row(
                    """
                    SELECT \(LogPositions.columns) FROM logFile
                    WHERE registryId = ?1
                        AND (place = ?2 OR ?3 AND substr(place, 1, length(?2)) = ?2)
                    ORDER BY readAt DESC, lastLine DESC LIMIT 1
                    """,
                    [row[5] as Int64, place, !place.hasPrefix("/")]
                )
                let sums = try db.row(
                    """
                    SELECT count(*), ifnull(sum(accesses), 0) FROM logFile
                    WHERE registryId = ?1
                        AND (place = ?2 OR ?3 AND substr(place, 1, length(?2)) = ?2)
                    """,
                    [row[5] as Int64, place, !place.hasPrefix("/")]
                )
                return FollowedPlace(
                    registry: row[0],
                    place: place,
                    problem: row[2],
                    changedAt: Timestamp(milliseconds: row[3]),
                    readAt: Timestamp(milliseconds: row[4]),
                    newest: newest.map(LogPositions.position),
                    accesses: sums?[1] ?? 0,
                    files: sums?[0] ?? 0
                )
            }
        }
    }

    /// What was imported of a registry: files, accesses in them, and the newest of their stamps.
    package func imported(
        of registry: RegistryRow
    ) async throws -> (files: Int, accesses: Int, lastLine: Timestamp?) {
        try await read("count what was imported into") { db in
            let row = try db.row(
                """
                SELECT count(*), ifnull(sum(accesses), 0), max(lastLine) FROM logFile
                WHERE registryId = ? AND isImported = 1
                """,
                [registry.id]
            )
            return (
                row?[0] ?? 0, row?[1] ?? 0, (row?[2] as Int64?).map(Timestamp.init(milliseconds:))
            )
        }
    }
}
