import GRDB
package import RegistryModel

/// What each webhook is to get; one process sends, others may look and ask for more.
extension Ledger {
    /// Makes a webhook known, which is to get what happens from now on.
    package func register(webhook name: String) async throws {
        let isKnown = try await read("look for a webhook in") { db in
            try db.number("SELECT id FROM webhook WHERE name = ?", [name]) != nil
        }
        guard !isKnown else { return }
        try await transaction("write a webhook to") { db in
            try db.run(
                """
                INSERT INTO webhook (name, place) VALUES (?, (SELECT ifnull(max(id), 0) FROM event))
                ON CONFLICT (name) DO NOTHING
                """,
                [name]
            )
        }
    }

    /// Prepares for sending after a time in which nobody did.
    ///
    /// Forgets webhooks that are not among `names`, with what they were to get; tries all others at
    /// once; and the time since `lastSeen` is not held against what waits.
    package func resumeWebhooks(
        _ names: [String],
        lastSeen: Timestamp?,
        at time: Timestamp
    ) async throws {
        let absence = max(0, lastSeen.map { (time - $0).milliseconds } ?? 0)
        try await transaction("prepare the webhooks in") { db in
            for row in try db.rows("SELECT id, name FROM webhook")
            where !names.contains(row[1] as String) {
                try db.run("DELETE FROM webhook WHERE id = ?", [row[0] as Int64])
            }
            try db.run("UPDATE webhook SET attempts = 0, nextAt = 0, stoppedAt = NULL")
            try db.run(
                """
                UPDATE webhookDelivery SET since = since + ?, attempts = 0, nextAt = 0
                WHERE failedAt IS NULL
                """,
                [absence]
            )
        }
    }

    /// All webhooks that are known, by name.
    package func webhooks() async throws -> [WebhookSummary] {
        try await read("read the webhooks from") { db in
            try db.rows(
                """
                SELECT id, name, place, delivered, deliveredAt, failures, attempts, failingSince,
                    nextAt, stoppedAt, problem,
                    (SELECT count(*) FROM webhookDelivery
                        WHERE webhookId = webhook.id AND failedAt IS NULL),
                    (SELECT count(*) FROM webhookDelivery
                        WHERE webhookId = webhook.id AND failedAt IS NOT NULL)
                FROM webhook ORDER BY name
                """
            ).map { WebhookSummary(state: Self.webhook($0), pending: $0[11], failed: $0[12]) }
        }
    }

    package func webhook(_ name: String) async throws -> WebhookState? {
        try await read("read the webhooks from") { db in
            try db.row(
                """
                SELECT id, name, place, delivered, deliveredAt, failures, attempts, failingSince,
                    nextAt, stoppedAt, problem
                FROM webhook WHERE name = ?
                """,
                [name]
            ).map(Self.webhook)
        }
    }

    private static func webhook(_ row: some LedgerRow) -> WebhookState {
        WebhookState(
            id: row[0],
            name: row[1],
            place: row[2],
            delivered: row[3],
            deliveredAt: (row[4] as Int64?).map(Timestamp.init(milliseconds:)),
            failures: row[5],
            attempts: row[6],
            failingSince: (row[7] as Int64?).map(Timestamp.init(milliseconds:)),
            nextAt: Timestamp(milliseconds: row[8]),
            stoppedAt: (row[9] as Int64?).map(Timestamp.init(milliseconds:)),
            problem: row[10]
        )
    }

    // MARK: Deliveries

    /// Queues events for a webhook, whose place moves on to `place`.
    package func queue(
        _ events: [Int64],
        for webhook: Int64,
        upTo place: Int64,
        at time: Timestamp
    ) async throws {
        try await transaction("queue events in") { db in
            for event in events {
                try db.run(
                    """
                    INSERT INTO webhookDelivery (webhookId, eventId, since) VALUES (?, ?, ?)
                    ON CONFLICT (webhookId, eventId) DO NOTHING
                    """,
                    [webhook, event, time.milliseconds]
                )
            }
            try db.run(
                "UPDATE webhook SET place = max(place, ?) WHERE id = ?",
                [place, webhook]
            )
        }
    }

    /// The oldest event that a webhook is to get now, or nil.
    package func dueDelivery(
        of webhook: Int64,
        at time: Timestamp
    ) async throws -> WebhookDelivery? {
        try await read("read what is to be sent from") { db in
            try db.row(
                """
                SELECT e.id, e.time, e.type, e.action, e.actor, e.attributes, d.since, d.attempts,
                    d.nextAt, d.failedAt, d.problem
                FROM webhookDelivery AS d JOIN event AS e ON e.id = d.eventId
                WHERE d.webhookId = ? AND d.failedAt IS NULL AND d.nextAt <= ?
                ORDER BY d.eventId LIMIT 1
                """,
                [webhook, time.milliseconds]
            ).map(Self.delivery)
        }
    }

    /// When the next event that was refused is due again; nil where none is.
    package func nextDelivery(of webhook: Int64) async throws -> Timestamp? {
        try await read("read what is to be sent from") { db in
            try db.number(
                """
                SELECT min(nextAt) FROM webhookDelivery WHERE webhookId = ? AND failedAt IS NULL
                """,
                [webhook]
            ).map(Timestamp.init(milliseconds:))
        }
    }

    /// The events that a webhook did not get, oldest first.
    package func failedDeliveries(
        of webhook: Int64,
        limit: Int
    ) async throws -> [WebhookDelivery] {
        try await read("read what failed from") { db in
            try db.rows(
                """
                SELECT e.id, e.time, e.type, e.action, e.actor, e.attributes, d.since, d.attempts,
                    d.nextAt, d.failedAt, d.problem
                FROM webhookDelivery AS d JOIN event AS e ON e.id = d.eventId
                WHERE d.webhookId = ? AND d.failedAt IS NOT NULL ORDER BY d.eventId LIMIT ?
                """,
                [webhook, limit]
            ).map(Self.delivery)
        }
    }

    private static func delivery(_ row: some LedgerRow) -> WebhookDelivery {
        WebhookDelivery(
            event: storedEvent(row),
            since: Timestamp(milliseconds: row[6]),
            attempts: row[7],
            nextAt: Timestamp(milliseconds: row[8]),
            failedAt: (row[9] as Int64?).map(Timestamp.init(milliseconds:)),
            problem: row[10]
        )
    }
}
