import Foundation
import GRDB
package import RegistryModel

/// An event in the outbox, with its place in it.
package struct StoredEvent: Sendable, Equatable {
    package var id: Int64
    package var event: PruneEvent

    package init(id: Int64, event: PruneEvent) {
        self.id = id
        self.event = event
    }
}

extension Ledger {
    /// Writes events to the outbox.
    package func append(_ events: [PruneEvent]) async throws {
        guard !events.isEmpty else { return }
        try await write("write an event to") { db in
            for event in events { try Self.append(event, db) }
        }
    }

    static func append(_ event: PruneEvent, _ db: Database) throws {
        let attributes = try JSONEncoder.sorted.encode(event.attributes)
        try db.run(
            "INSERT INTO event (time, type, action, actor, attributes) VALUES (?, ?, ?, ?, ?)",
            [
                event.time.milliseconds, event.type, event.action, event.actor,
                String(decoding: attributes, as: UTF8.self),
            ]
        )
        try count(event, db)
    }

    /// Adds an event to the sums that metrics show.
    private static func count(_ event: PruneEvent, _ db: Database) throws {
        func number(_ attribute: String) -> Int64 {
            event.attributes[attribute].flatMap { Int64($0) } ?? 0
        }
        try db.run(
            """
            INSERT INTO eventCount (actor, type, action, events, items, released, reclaimed)
            VALUES (?, ?, ?, 1, ?, ?, ?)
            ON CONFLICT (actor, type, action) DO UPDATE SET
                events = events + 1,
                items = items + excluded.items,
                released = released + excluded.released,
                reclaimed = reclaimed + excluded.reclaimed
            """,
            [
                event.actor, event.type, event.action, number("items"), number("released"),
                number("reclaimed"),
            ]
        )
    }

    /// Events behind a place in the outbox and not older than `since`, in order.
    package func events(
        after id: Int64,
        since: Timestamp? = nil,
        limit: Int
    ) async throws -> [StoredEvent] {
        try await read("read events from") { db in
            try db.rows(
                """
                SELECT id, time, type, action, actor, attributes FROM event
                WHERE id > ? AND time >= ? ORDER BY id LIMIT ?
                """,
                [id, since?.milliseconds ?? 0, limit]
            ).map(Self.storedEvent)
        }
    }

    /// Reads `id, time, type, action, actor, attributes`, the first columns of a row.
    static func storedEvent(_ row: some LedgerRow) -> StoredEvent {
        let attributes = try? JSONDecoder().decode(
            [String: String].self,
            from: Data((row[5] as String).utf8)
        )
        return StoredEvent(
            id: row[0],
            event: PruneEvent(
                type: row[2],
                action: row[3],
                actor: row[4],
                attributes: attributes ?? [:],
                time: Timestamp(milliseconds: row[1])
            )
        )
    }

    /// The place of the newest event; 0 where there is none.
    package func lastEvent() async throws -> Int64 {
        try await read("read events from") { db in
            try db.number("SELECT max(id) FROM event") ?? 0
        }
    }

    // MARK: Triggers

    /// When a trigger last ran for a target, and what it said then.
    package func lastRun(
        ofTrigger name: String,
        registryId: Int64,
        repositoryId: Int64
    ) async throws -> (at: Timestamp, note: String)? {
        try await read("read a trigger's state from") { db in
            try db.row(
                """
                SELECT lastRun, lastNote FROM triggerState
                WHERE name = ? AND registryId = ? AND repositoryId = ?
                """,
                [name, registryId, repositoryId]
            ).map { (at: Timestamp(milliseconds: $0[0]), note: $0[1]) }
        }
    }

    /// How many of each repository's pushes a trigger has counted, by row.
    package func pushesCounted(byTrigger name: String) async throws -> [Int64: Int] {
        try await read("read a trigger's state from") { db in
            let rows = try db.rows(
                "SELECT repositoryId, pushes FROM triggerState WHERE name = ? AND pushes > 0",
                [name]
            )
            return Dictionary(rows.map { ($0[0], $0[1]) }, uniquingKeysWith: +)
        }
    }

    /// Notes that a trigger ran for a target, and how many pushes it counted for that.
    package func ran(
        trigger name: String,
        registryId: Int64,
        repositoryId: Int64,
        at time: Timestamp,
        note: String,
        pushesCounted: Int = 0
    ) async throws {
        try await write("write a trigger's state to") { db in
            try db.run(
                """
                INSERT INTO triggerState (name, registryId, repositoryId, lastRun, lastNote, pushes)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                ON CONFLICT (name, registryId, repositoryId) DO UPDATE SET
                    lastRun = excluded.lastRun,
                    lastNote = excluded.lastNote,
                    pushes = pushes + excluded.pushes
                """,
                [name, registryId, repositoryId, time.milliseconds, note, pushesCounted]
            )
        }
    }
}

extension JSONEncoder {
    /// Keys in alphabetical order, so that equal values have equal texts.
    static var sorted: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
