import GRDB
package import RegistryModel

/// Where to look for candidates.
package struct CandidateScope: Sendable, Equatable {
    package var registry: RegistryRow
    /// Only these repositories; nil for all of the registry.
    package var repositories: [Int64]?

    package init(registry: RegistryRow, repositories: [Int64]? = nil) {
        self.registry = registry
        self.repositories = repositories
    }
}

/// How far a walk over candidates has come.
package struct CandidateCursor: Sendable, Equatable {
    var lastUse: Int64
    var rank: Int64
    var id: Int64
    var repositoryIndex: Int

    package static let start = CandidateCursor(lastUse: -1, rank: -1, id: -1, repositoryIndex: 0)
}

/// One page of candidates with their facts.
package struct CandidatePage: Sendable {
    package var slice: InventorySlice
    /// Where the next page begins; nil after the last.
    package var next: CandidateCursor?
}

extension Ledger {
    /// A page of tags, least recently accessed first.
    package func coldestTags(
        in scope: CandidateScope,
        after cursor: CandidateCursor,
        limit: Int,
        rule: @escaping @Sendable (RepositoryFacts) -> SliceRule
    ) async throws -> CandidatePage {
        // What was used lately is to be found in its place.
        if cursor == .start { try await fold() }
        return try await read("look for candidates in") { db in
            let rows =
                if let only = scope.repositories, only.count == 1 {
                    try Self.tags(db, "repositoryId", only[0], cursor, limit)
                } else {
                    try Self.tags(db, "registryId", scope.registry.id, cursor, limit)
                }
            let allowed = scope.repositories.map(Set.init)
            var reader = SliceReader(db: db, rule: rule)
            for row in rows where allowed?.contains(row[3]) ?? true {
                try reader.add(.tag(row[0]))
            }
            var page = CandidatePage(slice: reader.slice, next: nil)
            if rows.count == limit, let last = rows.last {
                page.next = CandidateCursor(
                    lastUse: last[1],
                    rank: last[2],
                    id: last[0],
                    repositoryIndex: 0
                )
            }
            return page
        }
    }

    /// The next tags by last use, push and row, of one repository or one whole registry.
    private static func tags(
        _ db: Database,
        _ column: String,
        _ id: Int64,
        _ cursor: CandidateCursor,
        _ limit: Int
    ) throws -> [FoundRow] {
        let sql =
            column == "repositoryId"
            ? """
            SELECT id, lastUse, pushRank, repositoryId FROM tag
            WHERE repositoryId = ? AND goneAt IS NULL AND (lastUse, pushRank, id) > (?, ?, ?)
            ORDER BY lastUse, pushRank, id LIMIT ?
            """
            : """
            SELECT id, lastUse, pushRank, repositoryId FROM tag
            WHERE registryId = ? AND goneAt IS NULL AND (lastUse, pushRank, id) > (?, ?, ?)
            ORDER BY lastUse, pushRank, id LIMIT ?
            """
        return try db.rows(sql, [id, cursor.lastUse, cursor.rank, cursor.id, limit])
    }

    /// A page of manifests that nothing holds, least recently accessed first within a repository.
    ///
    /// Repositories come in the scope's order, else by row; a page never spans two.
    package func coldestUntagged(
        in scope: CandidateScope,
        after cursor: CandidateCursor,
        limit: Int,
        rule: @escaping @Sendable (RepositoryFacts) -> SliceRule
    ) async throws -> CandidatePage {
        // What was used lately is to be found in its place.
        if cursor == .start { try await fold() }
        return try await read("look for candidates in") { db in
            let repositories =
                try scope.repositories
                ?? db.numbers(
                    "SELECT id FROM repository WHERE registryId = ? AND untagged > 0 ORDER BY id",
                    [scope.registry.id]
                )
            var reader = SliceReader(db: db, rule: rule)
            guard cursor.repositoryIndex < repositories.count else {
                return CandidatePage(slice: reader.slice, next: nil)
            }
            let repositoryId = repositories[cursor.repositoryIndex]
            let rows = try db.rows(
                """
                SELECT id, lastAccess FROM manifest
                WHERE repositoryId = ? AND isHeld = 0 AND goneAt IS NULL
                    AND (lastAccess, id) > (?, ?)
                ORDER BY lastAccess, id LIMIT ?
                """,
                [repositoryId, cursor.lastUse, cursor.id, limit]
            )
            for row in rows { try reader.add(.untagged(row[0], repository: repositoryId)) }
            var next = CandidateCursor.start
            next.repositoryIndex = cursor.repositoryIndex
            if rows.count == limit, let last = rows.last {
                next.lastUse = last[1]
                next.id = last[0]
            } else {
                next.repositoryIndex += 1
            }
            return CandidatePage(
                slice: reader.slice,
                next: next.repositoryIndex < repositories.count ? next : nil
            )
        }
    }

    /// The facts of named candidates, for a second look at them.
    package func slice(
        of candidates: [InventorySlice.Candidate],
        rule: @escaping @Sendable (RepositoryFacts) -> SliceRule
    ) async throws -> InventorySlice {
        try await read("look up images in") { db in
            var reader = SliceReader(db: db, rule: rule)
            for candidate in candidates { try reader.add(candidate) }
            return reader.slice
        }
    }

    /// The facts of one candidate with all that holds it, to tell what would become of it.
    package func slice(
        around candidate: InventorySlice.Candidate,
        rule: @escaping @Sendable (RepositoryFacts) -> SliceRule
    ) async throws -> InventorySlice {
        try await read("look up an image in") { db in
            var reader = SliceReader(db: db, rule: rule)
            try reader.addWithHolders(candidate)
            return reader.slice
        }
    }
}
