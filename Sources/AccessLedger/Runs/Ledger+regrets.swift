import GRDB
package import RegistryModel

/// Requests for one thing that a run removed (design, section 5.11).
package struct Regret: Sendable, Equatable {
    package var registry: String
    package var repositoryId: Int64
    package var repository: RepositoryName
    /// `tag`, `manifest` or `blob`, as it was asked for.
    package var kind: String
    package var tag: TagName?
    package var digest: Digest?
    package var run: RunName
    /// Why it had been removed, and by which policy; nil for a sweep of the disk and by default rules.
    package var reason: String
    package var policy: String?
    package var removedAt: Timestamp
    package var firstAt: Timestamp
    package var lastAt: Timestamp
    package var requests: Int
    /// Who asked last.
    package var address: String?
    package var actor: String?
    package var userAgent: String?
    /// When a plan of the policy was last approved.
    package var approvedAt: Timestamp?
    /// Whether it is there again.
    package var isBack: Bool

    /// As a person names it.
    package var image: String {
        "\(repository)\(tag.map { ":\($0)" } ?? digest.map { "@\($0)" } ?? "")"
    }

    /// The event that tells of it.
    fileprivate var event: PruneEvent {
        let attributes: [String: String?] = [
            "registry": registry, "repository": repository.description, "image": image,
            "tag": tag?.description, "digest": digest?.description, "run": run.description,
            "reason": reason, "policy": policy, "address": address, "actor": actor,
            "userAgent": userAgent,
        ]
        return PruneEvent(
            type: kind,
            action: "regret",
            actor: registry,
            attributes: attributes.compactMapValues(\.self),
            time: firstAt
        )
    }
}

extension Ledger {
    /// How long before its push a client's look at what it pushes is part of pushing (design,
    /// section 5.1).
    static let pushCheckTime = Span.seconds(60)
    /// How much later than a request the news of a push may come.
    private static let newsDelay = Span.seconds(10)

    /// Turns requests that were no checks before a push into regrets, and tells of each new one.
    ///
    /// - Returns: what was regretted for the first time.
    package func settleRegrets(now: Timestamp) async throws -> [Regret] {
        let horizon = (now - Self.pushCheckTime - Self.newsDelay).milliseconds
        let isAny = try await read("look for regrets in") { db in
            try db.number("SELECT EXISTS (SELECT 1 FROM missed WHERE at <= ?)", [horizon]) == 1
        }
        guard isAny else { return [] }
        return try await write("note regrets in") { db in
            let rows = try db.rows(
                """
                SELECT id, runId, ordinal, isStorage FROM missed WHERE at <= ? ORDER BY at, id
                """,
                [horizon]
            )
            var fresh: [[Int64]] = []
            for row in rows {
                let key: [Int64] = [row[1], row[2], row[3]]
                let isKnown = try db.number(Self.countRegret, key) ?? 0 > 0
                try Self.note(missed: row[0], isStorage: key[2] == 1, db)
                try db.run("DELETE FROM missed WHERE id = ?", [row[0] as Int64])
                if !isKnown { fresh.append(key) }
            }
            let regrets = try fresh.compactMap { key in
                try db.row(
                    Self.select("r.runId = ? AND r.ordinal = ? AND r.isStorage = ?"),
                    key
                ).flatMap(Self.regret)
            }
            for regret in regrets { try Self.append(regret.event, db) }
            return regrets
        }
    }

    private static let countRegret = """
        SELECT count(*) FROM regret WHERE runId = ? AND ordinal = ? AND isStorage = ?
        """

    /// Adds one request to the regret of what it asked for.
    private static func note(missed id: Int64, isStorage: Bool, _ db: Database) throws {
        let removed =
            isStorage
            ? """
            SELECT m.runId, m.ordinal, m.isStorage, m.registryId, m.repositoryId, m.kind, m.tag,
                m.digest, i.reason, NULL, i.changedAt, m.at, m.at, 1, m.address, m.actor,
                m.userAgent
            FROM missed AS m
            JOIN storageItem AS i ON i.runId = m.runId AND i.ordinal = m.ordinal WHERE m.id = ?
            """
            : """
            SELECT m.runId, m.ordinal, m.isStorage, m.registryId, m.repositoryId, m.kind, m.tag,
                ifnull(m.digest, i.digest), i.reason, i.policy, i.changedAt, m.at, m.at, 1,
                m.address, m.actor, m.userAgent
            FROM missed AS m
            JOIN runItem AS i ON i.runId = m.runId AND i.ordinal = m.ordinal WHERE m.id = ?
            """
        try db.run(
            """
            INSERT INTO regret (runId, ordinal, isStorage, registryId, repositoryId, kind, tag,
                digest, reason, policy, removedAt, firstAt, lastAt, requests, address, actor,
                userAgent)
            \(removed)
            ON CONFLICT (runId, ordinal, isStorage) DO UPDATE SET
                firstAt = min(firstAt, excluded.firstAt),
                lastAt = max(lastAt, excluded.lastAt),
                requests = requests + 1,
                address = excluded.address,
                actor = excluded.actor,
                userAgent = excluded.userAgent
            """,
            [id]
        )
    }

    /// Regrets with a request since then, newest first.
    package func regrets(since horizon: Timestamp) async throws -> [Regret] {
        try await read("read regrets from") { db in
            try db.rows(Self.select("r.lastAt >= ?"), [horizon.milliseconds])
                .compactMap(Self.regret)
        }
    }

    /// Regrets of what one run removed, newest first.
    package func regrets(ofRun name: RunName) async throws -> [Regret] {
        try await read("read regrets from") { db in
            try db.rows(Self.select("n.name = ?"), [name.description]).compactMap(Self.regret)
        }
    }

    private static func select(_ condition: StaticString) -> String {
        """
        SELECT g.name, r.repositoryId, p.name, r.kind, r.tag, r.digest, n.name, r.reason, r.policy,
            r.removedAt, r.firstAt, r.lastAt, r.requests, r.address, r.actor, r.userAgent,
            (SELECT at FROM approval WHERE policy = r.policy),
            CASE r.kind
                WHEN 'tag' THEN EXISTS (SELECT 1 FROM tag AS t WHERE t.repositoryId = r.repositoryId
                    AND t.name = r.tag AND t.goneAt IS NULL)
                ELSE EXISTS (SELECT 1 FROM manifest AS m WHERE m.repositoryId = r.repositoryId
                    AND m.digest = r.digest AND m.goneAt IS NULL) END
        FROM regret AS r
        JOIN registry AS g ON g.id = r.registryId
        JOIN repository AS p ON p.id = r.repositoryId
        JOIN run AS n ON n.id = r.runId
        WHERE \(condition) ORDER BY r.lastAt DESC, r.runId DESC, r.ordinal
        """
    }

    private static func regret(_ row: some LedgerRow) -> Regret? {
        guard let repository = RepositoryName(row[2] as String), let run = RunName(row[6] as String)
        else { return nil }
        return Regret(
            registry: row[0],
            repositoryId: row[1],
            repository: repository,
            kind: row[3],
            tag: (row[4] as String?).flatMap { TagName($0) },
            digest: (row[5] as String?).flatMap { Digest($0) },
            run: run,
            reason: row[7],
            policy: row[8],
            removedAt: Timestamp(milliseconds: row[9]),
            firstAt: Timestamp(milliseconds: row[10]),
            lastAt: Timestamp(milliseconds: row[11]),
            requests: row[12],
            address: row[13],
            actor: row[14],
            userAgent: row[15],
            approvedAt: (row[16] as Int64?).map(Timestamp.init(milliseconds:)),
            isBack: row[17]
        )
    }

    /// Notes that a plan of these policies was approved: what was regretted before pauses them no
    /// longer.
    package func approved(policies: Set<String>, at time: Timestamp) async throws {
        guard !policies.isEmpty else { return }
        try await write("note an approval in") { db in
            for policy in policies {
                try db.run(
                    """
                    INSERT INTO approval (policy, at) VALUES (?, ?)
                    ON CONFLICT (policy) DO UPDATE SET at = max(at, excluded.at)
                    """,
                    [policy, time.milliseconds]
                )
            }
        }
    }
}
