import GRDB
package import RegistryModel

// Deliveries that were refused: for people, and never for coverage.
extension Ledger {
    /// Adds to what was refused; a registry that the ledger does not know counts as an unknown name.
    package func add(_ refused: [RefusedDelivery]) async throws {
        guard !refused.isEmpty else { return }
        try await transaction("count refused deliveries in") { db in
            for one in refused {
                try db.run(
                    """
                    INSERT INTO refusedDelivery (
                        registryId, reason, deliveries, lastAt, address, name
                    ) VALUES (
                        ifnull((SELECT id FROM registry WHERE name = ?1), 0), ?2, ?3, ?4, ?5, ?6
                    )
                    ON CONFLICT (registryId, reason) DO UPDATE SET
                        deliveries = deliveries + excluded.deliveries, lastAt = excluded.lastAt,
                        address = excluded.address, name = excluded.name
                    """,
                    [
                        one.registry, one.reason.rawValue, one.count, one.lastAt.milliseconds,
                        one.address, one.name,
                    ]
                )
            }
        }
    }

    /// All that was ever refused, by registry and reason.
    package func refusedDeliveries() async throws -> [RefusedDelivery] {
        try await read("read the refused deliveries from", Self.refusedDeliveries)
    }

    static func refusedDeliveries(_ db: Database) throws -> [RefusedDelivery] {
        try db.rows(
            """
            SELECT g.name, d.reason, d.deliveries, d.lastAt, d.address, d.name
            FROM refusedDelivery AS d LEFT JOIN registry AS g ON g.id = d.registryId
            ORDER BY g.name, d.reason
            """
        ).compactMap { row in
            RefusedDelivery.Reason(rawValue: row[1]).map { reason in
                RefusedDelivery(
                    registry: row[0],
                    reason: reason,
                    count: row[2],
                    lastAt: Timestamp(milliseconds: row[3]),
                    address: row[4],
                    name: row[5]
                )
            }
        }
    }
}
