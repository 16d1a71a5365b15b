import GRDB
package import RegistryModel

/// What the ledger holds, in numbers.
package struct LedgerStatistics: Sendable, Equatable {
    package var registries = 0
    package var repositories = 0
    package var tags = 0
    package var manifests = 0
    package var accessHours = 0
    package var events = 0
    package var runs = 0
    package var fileBytes: Int64 = 0
    package var sources: [SourceStatistics] = []
}

extension Ledger {
    /// Drops a bounded part of what is older than the history; false when nothing is left to drop.
    ///
    /// `names` is how long a sweep asks which blobs were named. While the clock is in doubt nothing is
    /// dropped: what goes by it is gone for good.
    package func rollOff(
        history: Span,
        names: Span = .days(1),
        now: Timestamp
    ) async throws -> Bool {
        guard try await clockDoubt() == nil else { return false }
        let hour = (now - history).hour
        let isMore = try await write("roll off old keys in") { db in
            let stamp = (now - Self.dedupeTime).milliseconds
            var isMore = false
            for registryId in try db.numbers("SELECT id FROM registry") {
                try db.run(
                    """
                    DELETE FROM seen WHERE (registryId, stamp, high, low) IN (
                        SELECT registryId, stamp, high, low FROM seen
                        WHERE registryId = ? AND stamp < ? LIMIT 20000
                    )
                    """,
                    [registryId, stamp]
                )
                isMore = isMore || db.changesCount >= Self.rollOffStep
            }
            // What is rolled off can vouch for nothing any more.
            try db.run(
                "UPDATE registry SET heldSince = max(heldSince, ?)",
                [(now - history).startOfHour.milliseconds]
            )
            let horizon = (now - history - .days(1)).milliseconds
            try db.run("DELETE FROM coverage WHERE toTime < ?", [horizon])
            try db.run("DELETE FROM pendingCoverage WHERE toTime < ?", [horizon])
            try db.run("DELETE FROM knownLoss WHERE toTime < ?", [horizon])
            try db.run("DELETE FROM downtime WHERE toTime < ?", [horizon])
            try db.run("DELETE FROM clockLeap WHERE toTime < ?", [horizon])
            try db.run("DELETE FROM probe WHERE sentAt < ?", [(now - .days(7)).milliseconds])
            try db.run("DELETE FROM instance WHERE droppedAt < ?", [horizon])
            try db.run("DELETE FROM tagWatch WHERE comparedAt < ?", [(now - .days(7)).milliseconds])
            try DoubtRows.rollOff(db, before: horizon)
            try UnreadRows.rollOff(db, before: horizon)
            try Self.rollOffLogs(db, before: horizon)
            try db.run("DELETE FROM clientRead WHERE day < ?", [(now - .days(7)).day])
            try db.run("DELETE FROM event WHERE time < ?", [(now - Self.eventTime).milliseconds])
            return isMore
        }
        let hours = try await read("look for old hours in") { db in
            try (
                manifests: Self.keys(
                    db,
                    "SELECT manifestId, hour, source FROM manifestHour WHERE hour < ? LIMIT ?",
                    hour
                ),
                tags: Self.keys(
                    db,
                    "SELECT tagId, hour, source FROM tagHour WHERE hour < ? LIMIT ?",
                    hour
                )
            )
        }
        try await drop(
            hours.manifests,
            "DELETE FROM manifestHour WHERE manifestId = ? AND hour = ? AND source = ?"
        )
        try await drop(
            hours.tags,
            "DELETE FROM tagHour WHERE tagId = ? AND hour = ? AND source = ?"
        )
        // A step more, by which names may be older than they are.
        let isRunLeft = try await rollOffRuns(now: now)
        let isNameLeft = try await rollOffNames(before: now - names - NamedBlobs.step)
        return isMore || isNameLeft || isRunLeft
            || max(hours.manifests.count, hours.tags.count) >= Self.rollOffStep
    }

    /// Forgets which records were imported, and how far logs were read, of which nothing is counted any
    /// more.
    private static func rollOffLogs(_ db: Database, before horizon: Int64) throws {
        for registryId in try db.numbers("SELECT id FROM registry") {
            try db.run(
                "DELETE FROM importedKeys WHERE registryId = ? AND span < ?",
                [registryId, KeySpans.number(of: horizon)]
            )
        }
        try db.run(
            "DELETE FROM logFile WHERE readAt < ?1 AND ifnull(lastLine, 0) < ?1",
            [horizon]
        )
    }

    private typealias HourKey = [Int64]

    /// Old rows, which only a look at all of them finds: beside the writer, which goes on meanwhile.
    private static func keys(_ db: Database, _ sql: String, _ hour: Int64) throws -> [HourKey] {
        try db.rows(sql, [hour, rollOffStep]).map { [$0[0], $0[1], $0[2]] }
    }

    private func drop(_ keys: [HourKey], _ sql: String) async throws {
        for start in stride(from: 0, to: keys.count, by: Self.droppedAtOnce) {
            let part = keys[start..<min(start + Self.droppedAtOnce, keys.count)]
            try await write("roll off old hours in") { db in
                for key in part { try db.run(sql, key) }
            }
        }
    }

    /// Rows dropped before the next look.
    private static let rollOffStep = 20_000
    /// Hours dropped in one transaction: each lies on a page of its own, and webhooks wait meanwhile.
    private static let droppedAtOnce = 500
    /// How long an event or line that comes again is recognised (design, section 5.1).
    private static let dedupeTime = Span.days(7)
    /// How long the outbox can be read back.
    static let eventTime = Span.days(90)

    package func statistics(now: Timestamp) async throws -> LedgerStatistics {
        try await fold()
        return try await read("count the rows of") { db in
            func count(_ sql: String) throws -> Int { Int(try db.number(sql) ?? 0) }
            var all = LedgerStatistics()
            all.registries = try count("SELECT count(*) FROM registry")
            all.repositories = try count("SELECT count(*) FROM repository")
            all.tags = try count("SELECT count(*) FROM tag WHERE goneAt IS NULL")
            all.manifests = try count("SELECT count(*) FROM manifest WHERE goneAt IS NULL")
            all.accessHours = try count("SELECT count(*) FROM manifestHour")
            all.events = try count("SELECT count(*) FROM event")
            all.runs = try count("SELECT count(*) FROM run")
            all.fileBytes =
                (try db.number("PRAGMA page_count") ?? 0) * (try db.number("PRAGMA page_size") ?? 0)
            all.sources = try Self.sources(db, now)
            return all
        }
    }

    /// Carries the journal over to the tables.
    package func fold() async throws { try await write("carry the journal over in") { _ in } }

    /// Copies the ledger, as it is at one moment, to a new file.
    ///
    /// The copy knows that it is one: what is heard from now on goes to this file alone.
    package func backup(to path: String) async throws {
        let target: DatabaseQueue
        do {
            target = try DatabaseQueue(path: path)
        } catch let error as DatabaseError {
            throw LedgerError(error, operation: "back up to", path: path)
        }
        do {
            try pool.backup(to: target)
            try await target.write { db in
                try db.run("UPDATE serving SET isCopy = 1 WHERE id = 1")
                try db.execute(sql: "PRAGMA application_id = 0")
            }
            try target.close()
        } catch let error as DatabaseError {
            throw LedgerError(error, operation: "back up to", path: path)
        }
    }

    /// Looks for damage, and for counters that differ from what they count; empty when all is well.
    package func verify() async throws -> [String] {
        try await read("verify") { db in
            var problems = try String.fetchAll(db, sql: "PRAGMA integrity_check")
                .filter { $0 != "ok" }
            problems += try db.rows("PRAGMA foreign_key_check")
                .map { "a row of \($0[0] as String? ?? "?") names one that is not there" }
            let wrong = try db.rows(
                """
                SELECT name FROM repository AS r
                WHERE tags <> (SELECT count(*) FROM tag WHERE repositoryId = r.id AND goneAt IS NULL)
                    OR untagged <> (SELECT count(*) FROM manifest
                        WHERE repositoryId = r.id AND goneAt IS NULL AND isHeld = 0)
                    OR unread <> (SELECT count(*) FROM manifest
                        WHERE repositoryId = r.id AND goneAt IS NULL AND reading <> 1)
                    OR bytes <> (SELECT CAST(total(b.size) AS INTEGER) FROM repositoryBlob AS x
                        JOIN blob AS b ON b.id = x.blobId
                        WHERE x.repositoryId = r.id AND x.uses > 0)
                    OR untaggedBytes <> (SELECT CAST(total(b.size) AS INTEGER) FROM repositoryBlob AS x
                        JOIN blob AS b ON b.id = x.blobId
                        WHERE x.repositoryId = r.id AND x.uses > 0 AND x.heldUses = 0)
                """
            )
            return problems + wrong.map { "the counters of \($0[0] as String) are wrong" }
        }
    }
}
