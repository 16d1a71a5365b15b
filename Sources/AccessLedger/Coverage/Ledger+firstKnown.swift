import GRDB
package import RegistryModel

extension Ledger {
    /// Since when anything is known of a registry: heard, listed, probed or vouched for; nil when
    /// nothing is.
    package func firstKnown(of registry: RegistryRow) async throws -> Timestamp? {
        try await read("read the coverage from") { db in
            try db.number(
                """
                SELECT min(at) FROM (
                    SELECT min(firstStamp) AS at FROM instance WHERE registryId = ?1
                    UNION ALL SELECT min(sentAt) FROM probe WHERE registryId = ?1
                    UNION ALL SELECT min(fromTime) FROM coverage WHERE registryId = ?1
                    UNION ALL SELECT fromTime FROM trust
                        WHERE registryId = ?1 AND isWithdrawn = 0
                    UNION ALL SELECT firstSeen FROM (
                        SELECT firstSeen FROM manifest WHERE registryId = ?1 ORDER BY id LIMIT 1
                    )
                )
                """,
                [registry.id]
            ).map(Timestamp.init(milliseconds:))
        }
    }
}
