import GRDB
package import RegistryModel

/// How many reads by clients were heard, and how many of them each rule has ignored.
package struct ClientReads: Sendable, Equatable {
    package var counted = 0
    /// By the rule's name.
    package var ignored: [String: Int] = [:]

    package var allIgnored: Int { ignored.values.reduce(0, +) }

    package init(counted: Int = 0, ignored: [String: Int] = [:]) {
        self.counted = counted
        self.ignored = ignored
    }

    /// The rule that has ignored all or nearly all of the reads, where there is such a one, with others
    /// or alone.
    package var deafness: (rule: String, reads: Int)? {
        guard allIgnored >= Self.fewest, allIgnored * 10 >= (allIgnored + counted) * 9 else {
            return nil
        }
        return ignored.max { ($0.value, $1.key) < ($1.value, $0.key) }
            .map { (rule: $0.key, reads: $0.value) }
    }

    /// Fewer say little: a scanner may be the only one who came by.
    private static let fewest = 10
}

extension Ledger {
    /// What was heard today and yesterday, where there was something to ignore; rules that are no more
    /// among `rules` do not matter.
    package func clientReads(
        of registry: RegistryRow,
        rules: Set<String>,
        now: Timestamp
    ) async throws -> ClientReads {
        try await read("read how many reads were ignored from") { db in
            let rows = try db.rows(
                "SELECT rule, sum(reads) FROM clientRead WHERE registryId = ? AND day >= ? GROUP BY rule",
                [registry.id, now.day - 1]
            )
            return rows.reduce(into: ClientReads()) { found, row in
                let (rule, count): (String, Int) = (row[0], row[1])
                if rule.isEmpty { found.counted = count }
                if rules.contains(rule) { found.ignored[rule] = count }
            }
        }
    }
}
