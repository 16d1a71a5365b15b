import GRDB
package import RegistryModel

/// How many items of a run are alike in what they were and what they came to.
package struct RunOutcome: Sendable, Equatable {
    package var registry: String
    package var kind: String
    package var policy: String?
    package var isEnforced: Bool
    package var state: RunItem.State
    package var count: Int
    package var bytes: Int64
}

extension Ledger {
    /// What the items of a run came to so far; a few lines, however many items there are.
    package func outcomes(of run: RunName) async throws -> [RunOutcome] {
        try await read("read a run from") { db in
            try db.rows(
                """
                SELECT g.name, i.kind, i.policy, i.mode, i.state, count(*), sum(i.bytes)
                FROM runItem AS i JOIN registry AS g ON g.id = i.registryId
                WHERE i.runId = (SELECT id FROM run WHERE name = ?)
                GROUP BY g.name, i.kind, i.policy, i.mode, i.state
                ORDER BY g.name, i.kind, i.policy
                """,
                [run.description]
            ).map { row in
                RunOutcome(
                    registry: row[0],
                    kind: row[1],
                    policy: row[2],
                    isEnforced: (row[3] as String) == "enforce",
                    state: RunItem.State(rawValue: row[4] as String) ?? .failed,
                    count: row[5],
                    bytes: row[6]
                )
            }
        }
    }
}
