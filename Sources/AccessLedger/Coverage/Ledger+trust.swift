import GRDB
package import RegistryModel

/// The operator's word that all accesses of a time are known (design, section 5.2).
package struct TrustedHistory: Sendable, Equatable {
    package var from: Timestamp
    /// The end that the operator named; nil where none was.
    package var until: Timestamp?
    /// When the word was first read: it says nothing of what came later.
    package var givenAt: Timestamp

    package init(from: Timestamp, until: Timestamp? = nil, givenAt: Timestamp) {
        self.from = from
        self.until = until
        self.givenAt = givenAt
    }

    /// Up to when it holds.
    package var end: Timestamp { min(until ?? givenAt, givenAt) }

    /// Whether it says anything at all.
    package var isEmpty: Bool { from >= end }
}

extension Ledger {
    /// Remembers the operator's word on a registry's history, or that there is none any more.
    ///
    /// It is the word on the registry at `address` alone, and holds up to when it was given. A word that
    /// is known is not given anew, be it that it was taken back meanwhile or lost its end: otherwise each
    /// reading could let it grow over a time in which nothing was heard.
    package func trust(
        _ registry: RegistryRow,
        at address: String = "",
        from: Timestamp?,
        until: Timestamp? = nil,
        readAt: Timestamp
    ) async throws {
        try await write("note trustHistoryFrom in") { db in
            try db.run(
                "UPDATE trust SET isWithdrawn = ? WHERE registryId = ?",
                [from == nil, registry.id]
            )
            guard let from else { return }
            try db.run(
                """
                INSERT INTO trust (registryId, fromTime, untilTime, firstReadAt, address)
                VALUES (?1, ?2, ?3, ?4, ?5)
                ON CONFLICT (registryId) DO UPDATE SET
                    fromTime = excluded.fromTime, untilTime = excluded.untilTime,
                    firstReadAt = excluded.firstReadAt, address = excluded.address
                WHERE fromTime <> excluded.fromTime
                    OR excluded.untilTime IS NOT NULL AND untilTime IS NOT excluded.untilTime
                """,
                [
                    registry.id, from.milliseconds, until?.milliseconds, readAt.milliseconds,
                    address,
                ]
            )
        }
    }

    /// The operator's word on a registry's history as it counts, wherever the registry is; nil where
    /// there is none.
    package func trustedHistory(of registry: RegistryRow) async throws -> TrustedHistory? {
        try await read("read the coverage from") { db in
            try Self.trustedHistory(db, registry)?.word
        }
    }

    static func trustedHistory(
        _ db: Database,
        _ registry: RegistryRow
    ) throws -> (word: TrustedHistory, address: String)? {
        let row = try db.row(
            """
            SELECT fromTime, untilTime, firstReadAt, address FROM trust
            WHERE registryId = ? AND isWithdrawn = 0
            """,
            [registry.id]
        )
        guard let row else { return nil }
        let word = TrustedHistory(
            from: Timestamp(milliseconds: row[0]),
            until: (row[1] as Int64?).map(Timestamp.init(milliseconds:)),
            givenAt: Timestamp(milliseconds: row[2])
        )
        return (word, row[3])
    }
}
