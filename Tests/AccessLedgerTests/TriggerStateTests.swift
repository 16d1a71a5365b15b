import AccessLedger
import GRDB
import RegistryModel
import Testing

/// What a trigger remembers of its runs.
struct TriggerStateTests {
    // Two triggers on one repository: what one has counted is still new to the other.
    @Test func eachTriggerCountsPushesByItself() async throws {
        let fixture = try await LedgerFixture()
        try await push(["a", "b", "c"], to: fixture)
        let place = try await fixture.facts()
        try await ran("often", counting: 2, in: place, of: fixture)
        try await ran("often", counting: 1, in: place, of: fixture)
        try await ran("seldom", counting: 3, in: place, of: fixture)
        try await ran("never", counting: 0, in: place, of: fixture)

        #expect(try await fixture.facts().pushes == 3, "the repository's own count only grows")
        #expect(try await fixture.ledger.pushesCounted(byTrigger: "often") == [place.id: 3])
        #expect(try await fixture.ledger.pushesCounted(byTrigger: "seldom") == [place.id: 3])
        #expect(try await fixture.ledger.pushesCounted(byTrigger: "never") == [:])
    }

    // A ledger from before has taken off what was counted: what is left is new to every trigger.
    @Test func aTriggerOfAnOlderLedgerHasCountedNothing() async throws {
        let fixture = try await LedgerFixture()
        try await push(["a"], to: fixture)
        let place = try await fixture.facts()
        try await ran("often", counting: 1, in: place, of: fixture)
        try fixture.ledger.close()
        let path = fixture.ledger.path
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            try db.execute(sql: "ALTER TABLE triggerState DROP COLUMN pushes")
            try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = 'v4'")
        }
        try queue.close()

        let ledger = try Ledger(path: path)
        #expect(try await ledger.pushesCounted(byTrigger: "often") == [:])
        let last = try await ledger.lastRun(
            ofTrigger: "often",
            registryId: fixture.registry.id,
            repositoryId: place.id
        )
        #expect(last?.at == fixture.now)
    }

    private func push(_ seeds: [String], to fixture: LedgerFixture) async throws {
        for seed in seeds {
            fixture.now = fixture.now + .minutes(1)
            try await fixture.record([fixture.access(.push, seed, tag: seed)])
        }
    }

    private func ran(
        _ trigger: String,
        counting pushes: Int,
        in place: RepositoryFacts,
        of fixture: LedgerFixture
    ) async throws {
        try await fixture.ledger.ran(
            trigger: trigger,
            registryId: fixture.registry.id,
            repositoryId: place.id,
            at: fixture.now,
            note: "",
            pushesCounted: pushes
        )
    }
}
