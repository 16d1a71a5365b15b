import Foundation
import GRDB
import RegistryModel

/// Logs of a registry that imports were to read and did not read to their ends: nobody knows what is
/// in them, so what is imported covers nothing until they are read, or left out by name.
struct UnreadRows {
    let db: Database
    let registryId: Int64

    func all() throws -> [NotedLog] {
        try db.rows(
            """
            SELECT id, place, head, headLength, readTo FROM unreadLog
            WHERE registryId = ? ORDER BY place, id
            """,
            [registryId]
        ).map { row in
            var log = NotedLog(place: row[1], id: row[0])
            log.head = Array(row[2] as Data)
            log.headLength = row[3]
            log.offset = row[4]
            return log
        }
    }

    /// Notes a log that is to be read, or by what it is known again.
    func note(_ log: NotedLog, at time: Timestamp) throws {
        try db.run(
            """
            INSERT INTO unreadLog (id, registryId, place, head, headLength, since)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (id) DO UPDATE SET head = ?4, headLength = ?5, since = ?6
            """,
            [log.id, registryId, log.place, Data(log.head), log.headLength, time.milliseconds]
        )
    }

    /// Notes how far a log was read, of which there is more.
    func note(_ id: Int64, readTo offset: Int64) throws {
        try db.run(
            "UPDATE unreadLog SET readTo = max(readTo, ?) WHERE id = ?",
            [offset, id]
        )
    }

    func forget(_ id: Int64) throws { try db.run("DELETE FROM unreadLog WHERE id = ?", [id]) }

    /// Drops those that have only lines older than what is remembered, for all registries.
    ///
    /// That is known of what was piped in alone: whatever has a place of its own may have grown since.
    static func rollOff(_ db: Database, before horizon: Int64) throws {
        try db.run(
            "DELETE FROM unreadLog WHERE since < ? AND place = ?",
            [horizon, NotedLog.standardInput]
        )
    }
}
