import Foundation
import GRDB
package import RegistryModel

/// What was heard of one registry through one source.
package struct SourceStatistics: Sendable, Equatable {
    package var registry: String
    package var source: AccessSource
    package var answer: DeliveryAnswer
    /// Accepted accesses by their class, since the ledger counts them so.
    package var accepted: [AccessClass: Int] = [:]
    package var lastAt: Timestamp
    /// Milliseconds by which the registry's clock is ahead of ours.
    package var clockOffset: Int64
    /// Why the newest body that was not understood was not; nil where none is kept.
    package var rejection: String?
    /// Accepted in the last whole hour before this one.
    package var lastHour = 0
    /// Accepted since the full hour.
    package var thisHour = 0
    /// The kinds of webhooks that came; none for distribution's own and for logs.
    package var senders: [Sender] = []

    package struct Sender: Sendable, Equatable {
        package var kind: String
        /// Whether it reports pulls at all.
        package var tellsPulls: Bool
        package var lastAt: Timestamp
    }

    /// Whether only such senders report it as never tell of a pull: silence means nothing then.
    ///
    /// One engine never knows what others pull.
    package var isDeafToPulls: Bool {
        source == .engine || !senders.isEmpty && !senders.contains { $0.tellsPulls }
    }
}

/// What a socket for log lines took, and what it had to drop.
package struct SocketStatistics: Sendable, Equatable {
    package var address: String
    package var lines = 0
    package var dropped = 0
    package var lastAt: Timestamp?
    package var droppedAt: Timestamp?

    /// Of a socket that nothing has come by.
    package init(address: String) { self.address = address }

    init(address: String, lines: Int, dropped: Int, lastAt: Timestamp?, droppedAt: Timestamp?) {
        self.address = address
        self.lines = lines
        self.dropped = dropped
        self.lastAt = lastAt
        self.droppedAt = droppedAt
    }
}

/// A part of a body that was not understood.
package struct RejectedBody: Sendable, Equatable {
    package var registry: String
    package var source: AccessSource
    package var receivedAt: Timestamp
    package var reason: String
    /// The beginning of its bytes, without secrets.
    package var excerpt: [UInt8]
}

extension Ledger {
    /// What was heard, by registry and source.
    package func sources(now: Timestamp) async throws -> [SourceStatistics] {
        try await read("read the sources from") { db in try Self.sources(db, now) }
    }

    static func sources(_ db: Database, _ now: Timestamp) throws -> [SourceStatistics] {
        try db.rows(
            """
            SELECT g.name, h.source, h.accepted, h.duplicates, h.ignored, h.rejected, h.lastAt,
                h.clockOffset, (
                    SELECT reason FROM rejectedBody
                    WHERE registryId = h.registryId AND source = h.source ORDER BY id DESC LIMIT 1
                ), h.registryId, CASE ?1 - h.hour WHEN 0 THEN h.inHourBefore WHEN 1 THEN h.inHour
                    ELSE 0 END, h.pulls, h.resolves, h.pushes, h.deletes,
                iif(h.hour = ?1, h.inHour, 0)
            FROM heard AS h JOIN registry AS g ON g.id = h.registryId ORDER BY g.name, h.source
            """,
            [now.hour]
        ).map { row in
            SourceStatistics(
                registry: row[0],
                source: AccessSource(rawValue: row[1]) ?? .events,
                answer: DeliveryAnswer(
                    accepted: row[2],
                    duplicates: row[3],
                    ignored: row[4],
                    rejected: row[5]
                ),
                accepted: [
                    .pull: row[11], .resolve: row[12], .push: row[13], .delete: row[14],
                ],
                lastAt: Timestamp(milliseconds: row[6]),
                clockOffset: row[7],
                rejection: row[8],
                lastHour: row[10],
                thisHour: row[15],
                senders: try senders(db, row[9], row[1])
            )
        }
    }

    private static func senders(
        _ db: Database,
        _ registryId: Int64,
        _ source: Int
    ) throws -> [SourceStatistics.Sender] {
        try db.rows(
            """
            SELECT kind, tellsPulls, lastAt FROM sender WHERE registryId = ? AND source = ?
            ORDER BY kind
            """,
            [registryId, source]
        ).map { row in
            SourceStatistics.Sender(
                kind: row[0],
                tellsPulls: row[1],
                lastAt: Timestamp(milliseconds: row[2])
            )
        }
    }

    /// What the sockets of a registry have taken and dropped.
    package func sockets(of registry: RegistryRow) async throws -> [SocketStatistics] {
        try await read("read the sockets from") { db in
            try db.rows(
                """
                SELECT address, lines, dropped, lastAt, droppedAt FROM logSocket
                WHERE registryId = ? ORDER BY address
                """,
                [registry.id]
            ).map { row in
                SocketStatistics(
                    address: row[0],
                    lines: row[1],
                    dropped: row[2],
                    lastAt: (row[3] as Int64?).map(Timestamp.init(milliseconds:)),
                    droppedAt: (row[4] as Int64?).map(Timestamp.init(milliseconds:))
                )
            }
        }
    }

    /// The newest bodies that were not understood, newest first; of all registries or of one.
    package func rejectedBodies(
        of registry: String?,
        limit: Int
    ) async throws -> [RejectedBody] {
        try await read("read the rejected bodies from") { db in
            try db.rows(
                """
                SELECT g.name, b.source, b.receivedAt, b.reason, b.excerpt
                FROM rejectedBody AS b JOIN registry AS g ON g.id = b.registryId
                WHERE ?1 IS NULL OR g.name = ?1 ORDER BY b.receivedAt DESC, b.id DESC LIMIT ?2
                """,
                [registry, limit]
            ).map { row in
                RejectedBody(
                    registry: row[0],
                    source: AccessSource(rawValue: row[1]) ?? .events,
                    receivedAt: Timestamp(milliseconds: row[2]),
                    reason: row[3],
                    excerpt: Array(row[4] as Data)
                )
            }
        }
    }
}
