import AccessLedger
import Foundation
import GRDB
import RegistryModel
import TestSupport
import Testing

/// The sums that metrics show.
struct MetricsTests {
    @Test func acceptedAccessesAreCountedByClassAndSource() async throws {
        let fixture = try await LedgerFixture()
        let twice = fixture.access(.pull, "a", tag: "v1")
        try await fixture.record([
            fixture.access(.push, "a", tag: "v1"), twice, twice, fixture.access(.resolve, "a"),
            fixture.access(.delete, "b"),
            fixture.access(.pull, "a", agent: OwnUserAgent.product),
        ])
        try await fixture.record([fixture.access(.pull, "a")])
        try await fixture.record([fixture.access(.pull, "a")], from: .log)
        let sources = try await fixture.ledger.metrics(now: fixture.now).sources
        #expect(sources.map(\.source) == [.events, .log])
        #expect(
            sources.map(\.accepted) == [
                [.pull: 2, .resolve: 1, .push: 1, .delete: 1],
                [.pull: 1, .resolve: 0, .push: 0, .delete: 0],
            ]
        )
        #expect(sources.map(\.answer.accepted) == [5, 1])
        #expect(sources.map(\.answer.duplicates) == [1, 0])
    }

    // What the outbox forgets after 90 days has been freed all the same.
    @Test func sumsOutliveTheEvents() async throws {
        let fixture = try await LedgerFixture()
        for number in 1...3 {
            try await fixture.ledger.append([prune(number, at: fixture.now)])
        }
        fixture.now = fixture.now + .days(91)
        while try await fixture.ledger.rollOff(history: .days(30), now: fixture.now) {}
        #expect(try await fixture.ledger.events(after: 0, limit: 10).isEmpty)
        let sums = try await fixture.ledger.metrics(now: fixture.now).events
        #expect(sums.map { [$0.actor, $0.type, $0.action] } == [["local", "blob", "prune"]])
        let sum = try #require(sums.first)
        #expect(sum.count == 3 && sum.items == 6 && sum.released == 60 && sum.reclaimed == 600)
    }

    // A ledger of the version before has events, and no sums.
    @Test func eventsOfAnEarlierVersionAreSummedUp() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("ledger.sqlite")
        let now = Timestamp(milliseconds: 1_772_600_767_000)
        let before = try Ledger(path: path)
        try await before.append([
            prune(1, at: now), prune(2, at: now),
            PruneEvent(type: "registry", action: "gap", actor: "local", attributes: [:], time: now),
        ])
        let sums = try await before.metrics(now: now).events
        try before.close()
        let file = try DatabaseQueue(path: path)
        try await file.write { db in
            try db.execute(
                sql: """
                    DROP TABLE webhookDelivery; DROP TABLE webhook; DROP TABLE eventCount;
                    DROP INDEX runByCauseAndState;
                    ALTER TABLE heard DROP COLUMN pulls;
                    ALTER TABLE heard DROP COLUMN resolves;
                    ALTER TABLE heard DROP COLUMN pushes;
                    ALTER TABLE heard DROP COLUMN deletes;
                    DELETE FROM grdb_migrations WHERE identifier = 'v13';
                    """
            )
        }
        try file.close()
        let after = try Ledger(path: path)
        #expect(try await after.metrics(now: now).events == sums)
        #expect(sums.map(\.count) == [2, 1])
        try after.close()
    }

    // However many manifests and accesses there are, a scrape touches none of them.
    @Test func noScrapeWalksWhatGrows() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("ledger.sqlite")
        try Ledger(path: path).close()
        let plan = try await DatabaseQueue(path: path).read { db in
            try Row.fetchAll(
                db,
                sql:
                    "EXPLAIN QUERY PLAN SELECT cause, state, count(*) FROM run GROUP BY cause, state"
            ).map { $0["detail"] as String }
        }
        #expect(plan == ["SCAN run USING COVERING INDEX runByCauseAndState"])
    }

    private func prune(_ number: Int, at time: Timestamp) -> PruneEvent {
        PruneEvent(
            type: "blob",
            action: "prune",
            actor: "local",
            attributes: [
                "items": "\(number)", "released": "\(number * 10)",
                "reclaimed": "\(number * 100)",
            ],
            time: time
        )
    }
}
