import Foundation
import GRDB
package import RegistryModel

extension Ledger {
    /// What was read before of logs that begin with these bytes, or are shorter than them.
    ///
    /// `head` is the hash of the first `length` bytes. That the content is the same is for the caller
    /// to find out.
    package func logPositions(
        of registry: RegistryRow,
        head: [UInt8],
        length: Int
    ) throws -> [LogPosition] {
        try readHere("look for a log in") { db in
            try db.rows(
                """
                SELECT \(LogPositions.columns) FROM logFile
                WHERE registryId = ?1 AND (headLength = ?2 AND head = ?3 OR headLength < ?2)
                ORDER BY offset DESC
                """,
                [registry.id, length, Data(head)]
            ).map(LogPositions.position)
        }
    }

    /// What was read of the logs at a place, the newest first.
    package func logPositions(
        of registry: RegistryRow,
        place: String
    ) throws -> [LogPosition] {
        try readHere("look for a log in") { db in
            try db.rows(
                """
                SELECT \(LogPositions.columns) FROM logFile
                WHERE registryId = ? AND place = ? ORDER BY readAt DESC, offset DESC
                """,
                [registry.id, place]
            ).map(LogPositions.position)
        }
    }

    /// What was read of the blobs whose addresses begin with a text, by address.
    package func logPositions(
        of registry: RegistryRow,
        below text: String
    ) throws -> [String: LogPosition] {
        let rows = try readHere("look for logs in") { db in
            try db.rows(
                """
                SELECT \(LogPositions.columns) FROM logFile
                WHERE registryId = ?1 AND place >= ?2 AND substr(place, 1, length(?2)) = ?2
                ORDER BY readAt
                """,
                [registry.id, text]
            ).map(LogPositions.position)
        }
        return Dictionary(rows.map { ($0.place, $0) }, uniquingKeysWith: { _, newer in newer })
    }

    /// Stores how far a log was read where that brought no access.
    package func store(_ position: LogPosition, of registry: RegistryRow, now: Timestamp) throws {
        try transactionHere("store how far a log was read in") { db in
            try LogPositions(db: db).save(position, of: registry.id, at: now)
        }
    }

    func readHere<Result>(
        _ operation: String,
        _ body: (Database) throws -> Result
    ) throws -> Result {
        do {
            return try pool.read { db in try body(db) }
        } catch let error as DatabaseError {
            throw LedgerError(error, operation: operation, path: path)
        }
    }
}

/// Writes and reads rows of `logFile`.
struct LogPositions {
    let db: Database

    func save(_ position: LogPosition, of registryId: Int64, at time: Timestamp) throws {
        try db.run(
            """
            INSERT INTO logFile (
                id, registryId, place, device, inode, version, head, headLength, tail, offset,
                isCut, accesses, lastLine, recentKeys, isImported, readAt
            ) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
            ON CONFLICT (id) DO UPDATE SET
                place = ?3, device = ?4, inode = ?5, version = ?6, head = ?7, headLength = ?8,
                tail = ?9, offset = ?10, isCut = ?11, accesses = ?12, lastLine = ?13,
                recentKeys = ?14, isImported = ?15, readAt = ?16
            """,
            [
                position.id, registryId, position.place, position.device, position.inode,
                position.version, Data(position.head), position.headLength, Data(position.tail),
                position.offset, position.isCut, position.accesses,
                position.lastLine?.milliseconds, KeyBytes.data(position.recentKeys),
                position.isImported, time.milliseconds,
            ]
        )
    }

    static let columns = """
        id, place, device, inode, version, head, headLength, tail, offset, isCut, accesses,
        lastLine, recentKeys, isImported, readAt
        """

    static func position(_ row: some LedgerRow) -> LogPosition {
        var position = LogPosition(place: row[1], isImported: row[13], id: row[0])
        position.device = row[2]
        position.inode = row[3]
        position.version = row[4]
        position.head = Array(row[5] as Data)
        position.headLength = row[6]
        position.tail = Array(row[7] as Data)
        position.offset = row[8]
        position.isCut = row[9]
        position.accesses = row[10]
        position.lastLine = (row[11] as Int64?).map(Timestamp.init(milliseconds:))
        position.recentKeys = KeyBytes.keys(row[12])
        position.readAt = Timestamp(milliseconds: row[14])
        return position
    }
}

/// Keys as they are stored: both halves, least significant byte first.
enum KeyBytes {
    static func data(_ keys: [EventKey]) -> Data {
        var words: [UInt64] = []
        words.reserveCapacity(keys.count * 2)
        for key in keys {
            words.append(key.high.littleEndian)
            words.append(key.low.littleEndian)
        }
        return words.withUnsafeBytes { Data($0) }
    }

    static func keys(_ data: Data) -> [EventKey] {
        data.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count - 15, by: 16).map { offset in
                EventKey(
                    high: UInt64(
                        littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    ),
                    low: UInt64(
                        littleEndian: bytes.loadUnaligned(
                            fromByteOffset: offset + 8,
                            as: UInt64.self
                        )
                    )
                )
            }
        }
    }
}

extension Ledger {
    /// Milliseconds by which the clock behind a registry's log is ahead of ours.
    func clockOffset(ofLogOf registry: RegistryRow) throws -> Int64 {
        try readHere("read a clock's offset from") { db in
            try db.number(
                "SELECT clockOffset FROM heard WHERE registryId = ? AND source = ?",
                [registry.id, AccessSource.log.rawValue]
            ) ?? 0
        }
    }
}
