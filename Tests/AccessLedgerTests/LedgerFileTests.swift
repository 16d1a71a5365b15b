import AccessLedger
import Foundation
import GRDB
import RegistryModel
import TestSupport
import Testing

/// The file: its schema, its durability, and what is said when it can't be used.
struct LedgerFileTests {
    @Test func refusesALedgerFromANewerVersion() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ledger.sqlite"
        try Ledger(path: path).close()
        let queue = try DatabaseQueue(path: path)
        try queue.write { db in
            try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('v999')")
        }
        try queue.close()
        let error = #expect(throws: LedgerError.self) { try Ledger(path: path) }
        #expect(error?.kind == .newerVersion)
    }

    @Test func saysWhatIsWrongWithAFileThatIsNoLedger() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ledger.sqlite"
        try Data(repeating: 65, count: 10_000).write(to: URL(filePath: path))
        let error = #expect(throws: LedgerError.self) { try Ledger(path: path) }
        #expect(error?.kind == .damaged)
        #expect(error?.description.contains(path) == true)
    }

    @Test func saysThatItsFolderIsMissing() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/missing/ledger.sqlite"
        let error = #expect(throws: LedgerError.self) { try Ledger(path: path) }
        #expect(error?.kind == .cannotOpen)
    }

    @Test func syncsEveryCommitAndUsesStrictTables() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ledger.sqlite"
        let ledger = try Ledger(path: path)
        defer { try? ledger.close() }
        let queue = try DatabaseQueue(path: path)
        let (mode, loose) = try queue.read { db in
            (
                try String.fetchOne(db, sql: "PRAGMA journal_mode"),
                try String.fetchAll(
                    db,
                    sql: """
                        SELECT name FROM pragma_table_list
                        WHERE strict = 0 AND type = 'table' AND name NOT LIKE 'sqlite_%'
                            AND name NOT LIKE 'grdb_%'
                        """
                )
            )
        }
        #expect(mode == "wal")
        #expect(loose == [])
    }

    // The walk over candidates and the lookups of every event must never scan a table.
    @Test(arguments: [
        "SELECT id FROM tag WHERE registryId = 1 AND goneAt IS NULL AND (lastUse, pushRank, id) > (0, 0, 0) ORDER BY lastUse, pushRank, id LIMIT 10",
        "SELECT id FROM tag WHERE repositoryId = 1 AND goneAt IS NULL AND (lastUse, pushRank, id) > (0, 0, 0) ORDER BY lastUse, pushRank, id LIMIT 10",
        "SELECT id FROM manifest WHERE repositoryId = 1 AND isHeld = 0 AND goneAt IS NULL AND (lastAccess, id) > (0, 0) ORDER BY lastAccess, id LIMIT 10",
        "SELECT id FROM manifest WHERE repositoryId = 1 AND digest = 'x'",
        "SELECT id FROM tag WHERE manifestId = 1 AND goneAt IS NULL",
        "SELECT 1 FROM tag WHERE repositoryId = 1 AND goneAt IS NULL AND isReferrer = 0 AND pushRank > 5 LIMIT 3",
    ])
    func answersHotQuestionsFromAnIndex(_ sql: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ledger.sqlite"
        try Ledger(path: path).close()
        let plan = try DatabaseQueue(path: path).read { db in
            try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql).map { $0["detail"] as String }
        }
        #expect(plan.allSatisfy { $0.hasPrefix("SEARCH") }, "\(plan)")
    }

    @Test func copiesItselfWhole() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([fixture.access(.push, "a", tag: "v1")])
        let path = fixture.folder.path + "/copy.sqlite"
        try await fixture.ledger.backup(to: path)
        let copy = try Ledger(path: path)
        #expect(try await copy.statistics(now: .init(milliseconds: 0)).tags == 1)
        #expect(try await copy.verify() == [])
    }

    @Test func replaysEventsInOrderFromAPlace() async throws {
        let fixture = try await LedgerFixture()
        for second in 1...3 {
            try await fixture.ledger.append([
                PruneEvent(
                    type: "tag",
                    action: "prune",
                    actor: "local",
                    attributes: ["items": "\(second)", "reclaimed": "0"],
                    time: Timestamp(milliseconds: Int64(second) * 1_000)
                )
            ])
        }
        let all = try await fixture.ledger.events(after: 0, limit: 10)
        #expect(all.compactMap { $0.event.attributes["items"] } == ["1", "2", "3"])
        let late = try await fixture.ledger.events(
            after: 0,
            since: Timestamp(milliseconds: 2_000),
            limit: 10
        )
        #expect(late.count == 2)
        let next = try await fixture.ledger.events(after: all[1].id, limit: 10)
        #expect(next.map(\.id) == [all[2].id])
        #expect(try await fixture.ledger.lastEvent() == all[2].id)
    }
}
