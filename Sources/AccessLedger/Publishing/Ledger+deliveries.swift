import GRDB
package import RegistryModel

/// How attempts to tell a webhook something ended.
extension Ledger {
    /// A webhook took an event.
    package func delivered(
        _ event: Int64,
        to webhook: Int64,
        at time: Timestamp
    ) async throws {
        try await transaction("write a delivery to") { db in
            try db.run(
                "DELETE FROM webhookDelivery WHERE webhookId = ? AND eventId = ?",
                [webhook, event]
            )
            try db.run(
                """
                UPDATE webhook SET delivered = delivered + 1, deliveredAt = ?, attempts = 0,
                    failingSince = NULL, nextAt = 0, problem = ''
                WHERE id = ?
                """,
                [time.milliseconds, webhook]
            )
        }
    }

    /// A webhook took nothing, whatever it was sent: all of it waits until `nextAt`.
    ///
    /// What was due `patience` ago or earlier is given up. Returns how many events that are.
    package func unreached(
        _ webhook: Int64,
        problem: String,
        nextAt: Timestamp,
        patience: Span,
        at time: Timestamp
    ) async throws -> Int {
        try await transaction("write a failed delivery to") { db in
            try db.run(
                """
                UPDATE webhook SET failures = failures + 1, attempts = attempts + 1,
                    failingSince = ifnull(failingSince, ?1), nextAt = ?2, problem = ?3
                WHERE id = ?4
                """,
                [time.milliseconds, nextAt.milliseconds, problem, webhook]
            )
            try db.run(
                """
                UPDATE webhookDelivery SET failedAt = ?1, problem = ?2
                WHERE webhookId = ?3 AND failedAt IS NULL AND since <= ?4
                """,
                [time.milliseconds, problem, webhook, (time - patience).milliseconds]
            )
            return db.changesCount
        }
    }

    /// A webhook refused one event for what it is: that waits until `nextAt`, the others do not.
    ///
    /// It is given up where it was due `patience` ago or earlier. Returns how many events that are.
    package func refused(
        _ event: Int64,
        by webhook: Int64,
        problem: String,
        nextAt: Timestamp,
        patience: Span,
        at time: Timestamp
    ) async throws -> Int {
        try await transaction("write a failed delivery to") { db in
            try db.run(
                """
                UPDATE webhook SET failures = failures + 1, attempts = 0, failingSince = NULL,
                    nextAt = 0, problem = ?
                WHERE id = ?
                """,
                [problem, webhook]
            )
            try db.run(
                """
                UPDATE webhookDelivery SET attempts = attempts + 1, nextAt = ?, problem = ?
                WHERE webhookId = ? AND eventId = ?
                """,
                [nextAt.milliseconds, problem, webhook, event]
            )
            try db.run(
                """
                UPDATE webhookDelivery SET failedAt = ?
                WHERE webhookId = ? AND eventId = ? AND failedAt IS NULL AND since <= ?
                """,
                [time.milliseconds, webhook, event, (time - patience).milliseconds]
            )
            return db.changesCount
        }
    }

    /// A webhook wants nothing more: nothing is sent to it until the next start.
    package func stopped(
        _ webhook: Int64,
        problem: String,
        at time: Timestamp
    ) async throws {
        try await transaction("write a failed delivery to") { db in
            try db.run(
                """
                UPDATE webhook SET failures = failures + 1, stoppedAt = ?, problem = ? WHERE id = ?
                """,
                [time.milliseconds, problem, webhook]
            )
        }
    }

    /// Queues what was given up once more; of one webhook or all, one event or all.
    ///
    /// Returns how many deliveries that are.
    package func resend(
        webhook: Int64?,
        event: Int64?,
        at time: Timestamp
    ) async throws -> Int {
        try await transaction("queue events in") { db in
            try db.run(
                """
                UPDATE webhookDelivery
                SET failedAt = NULL, since = ?1, attempts = 0, nextAt = 0, problem = ''
                WHERE failedAt IS NOT NULL AND webhookId = ifnull(?2, webhookId)
                    AND eventId = ifnull(?3, eventId)
                """,
                [time.milliseconds, webhook, event]
            )
            return db.changesCount
        }
    }
}
