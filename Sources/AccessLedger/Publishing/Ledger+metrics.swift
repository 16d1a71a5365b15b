import GRDB
package import RegistryModel

/// The ledger's numbers that are worth watching, each by registry at most.
package struct LedgerMetrics: Sendable, Equatable {
    package struct Registry: Sendable, Equatable {
        package var name: String
        package var repositories: Int
        package var tags: Int
        package var untagged: Int
        /// Sizes of the blobs that its manifests refer to.
        package var bytes: Int64
        /// Out of sight and not yet off the disk.
        package var quarantinedBytes: Int64
        package var lastReturnedProbe: Timestamp?
    }

    package struct Runs: Sendable, Equatable {
        package var cause: String
        package var state: String
        package var count: Int
    }

    package struct Events: Sendable, Equatable {
        package var actor: String
        package var type: String
        package var action: String
        package var count: Int
        package var items: Int
        package var released: Int64
        package var reclaimed: Int64
    }

    package var registries: [Registry]
    package var sources: [SourceStatistics]
    package var refused: [RefusedDelivery]
    package var runs: [Runs]
    /// Runs that have left the ledger, by cause.
    package var formerRuns: [String: Int]
    package var events: [Events]
    package var fileBytes: Int64
}

extension Ledger {
    /// Reads what metrics show; none of it takes longer for more manifests or accesses.
    package func metrics(now: Timestamp) async throws -> LedgerMetrics {
        try await read("read the metrics from") { db in
            LedgerMetrics(
                registries: try Self.registryMetrics(db),
                sources: try Self.sources(db, now),
                refused: try Self.refusedDeliveries(db),
                runs: try db.rows(
                    "SELECT cause, state, count(*) FROM run GROUP BY cause, state"
                ).map { LedgerMetrics.Runs(cause: $0[0], state: $0[1], count: $0[2]) },
                formerRuns: try db.rows("SELECT cause, runs FROM formerRuns")
                    .reduce(into: [:]) { $0[$1[0] as String] = $1[1] as Int },
                events: try Self.eventMetrics(db),
                fileBytes: (try db.number("PRAGMA page_count") ?? 0)
                    * (try db.number("PRAGMA page_size") ?? 0)
            )
        }
    }

    private static func registryMetrics(_ db: Database) throws -> [LedgerMetrics.Registry] {
        try db.rows(
            """
            SELECT g.name, count(r.id), ifnull(sum(r.tags), 0), ifnull(sum(r.untagged), 0), g.bytes,
                (SELECT ifnull(sum(i.bytes), 0) FROM storageItem AS i
                    WHERE i.registryId = g.id AND i.state = 'quarantined'),
                (SELECT p.sentAt FROM probe AS p
                    WHERE p.registryId = g.id
                        AND EXISTS (SELECT 1 FROM probeReturn WHERE probeId = p.id)
                    ORDER BY p.sentAt DESC LIMIT 1)
            FROM registry AS g LEFT JOIN repository AS r ON r.registryId = g.id
            GROUP BY g.id ORDER BY g.name
            """
        ).map { row in
            LedgerMetrics.Registry(
                name: row[0],
                repositories: row[1],
                tags: row[2],
                untagged: row[3],
                bytes: row[4],
                quarantinedBytes: row[5],
                lastReturnedProbe: (row[6] as Int64?).map(Timestamp.init(milliseconds:))
            )
        }
    }

    private static func eventMetrics(_ db: Database) throws -> [LedgerMetrics.Events] {
        try db.rows(
            """
            SELECT actor, type, action, events, items, released, reclaimed FROM eventCount
            ORDER BY actor, type, action
            """
        ).map { row in
            LedgerMetrics.Events(
                actor: row[0],
                type: row[1],
                action: row[2],
                count: row[3],
                items: row[4],
                released: row[5],
                reclaimed: row[6]
            )
        }
    }
}
