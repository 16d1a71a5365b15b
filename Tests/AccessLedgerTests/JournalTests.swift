import AccessLedger
import Foundation
import GRDB
import RegistryModel
import TestSupport
import Testing

/// What small commits heard is in the journal first: it counts at once, and once, whoever carries it
/// over and whenever.
struct JournalTests {
    /// Rows of the journal, of the hours and of the keys, as the file has them.
    private struct Rows: Equatable {
        var journal: Int
        var hours: Int
        var keys: Int
    }

    private static func rows(_ path: String) throws -> Rows {
        try DatabaseQueue(path: path).read { db in
            Rows(
                journal: try Int.fetchOne(db, sql: "SELECT count(*) FROM journal") ?? 0,
                hours: try Int.fetchOne(
                    db,
                    sql: """
                        SELECT (SELECT sum(pulls) FROM manifestHour)
                            + (SELECT sum(pulls) FROM tagHour)
                        """
                ) ?? 0,
                keys: try Int.fetchOne(db, sql: "SELECT count(*) FROM seen") ?? 0
            )
        }
    }

    /// A fixture whose image is known, so that its pulls are no news.
    private static func fixture() async throws -> LedgerFixture {
        let fixture = try await LedgerFixture()
        try await fixture.record([fixture.access(.push, "a", tag: "v1")])
        return fixture
    }

    // Read after commit: the tables have none of the pulls yet, the counts have them all.
    @Test func countsWhatIsNotYetCarriedOver() async throws {
        let fixture = try await Self.fixture()
        fixture.now = fixture.now + .hours(1)
        for _ in 0..<3 { try await fixture.record([fixture.access(.pull, "a", tag: "v1")]) }
        #expect(try Self.rows(fixture.ledger.path) == Rows(journal: 3, hours: 0, keys: 1))
        let manifest = try await fixture.manifest("a")
        #expect(manifest.inHistory == AccessCounts(pulls: 3, pushes: 1))
        #expect(manifest.inWindow == AccessCounts(pulls: 3, pushes: 1))
        #expect(manifest.lastAccess == fixture.now)
        let tag = try await fixture.tag("v1")
        #expect(tag.inHistory == AccessCounts(pulls: 3, pushes: 1))
        #expect(tag.lastAccess == fixture.now)
    }

    @Test func carriesEveryAccessOverOnce() async throws {
        let fixture = try await Self.fixture()
        for _ in 0..<3 { try await fixture.record([fixture.access(.pull, "a", tag: "v1")]) }
        for _ in 0..<2 {
            try await fixture.ledger.fold()
            #expect(try Self.rows(fixture.ledger.path) == Rows(journal: 0, hours: 6, keys: 4))
            #expect(try await fixture.manifest("a").inHistory.pulls == 3)
            #expect(try await fixture.tag("v1").inHistory.pulls == 3)
        }
    }

    // Of two sources the larger count of an hour holds, wherever either is.
    @Test func comparesSourcesAcrossJournalAndTables() async throws {
        let fixture = try await Self.fixture()
        try await fixture.record([fixture.access(.pull, "a", tag: "v1")])
        try await fixture.ledger.fold()
        try await fixture.record([fixture.access(.pull, "a", tag: "v1")])
        let lines = (0..<3).map { _ in fixture.access(.pull, "a", tag: "v1", instance: nil) }
        try await fixture.record(lines, from: .log)
        #expect(try await fixture.manifest("a").inHistory.pulls == 3)
        try await fixture.record([
            fixture.access(.pull, "a", tag: "v1"), fixture.access(.pull, "a", tag: "v1"),
        ])
        #expect(try await fixture.manifest("a").inHistory.pulls == 4)
    }

    // What a kill leaves is the file and its log as they are after a commit.
    @Test func losesNothingWhenKilledBeforeItIsCarriedOver() async throws {
        let fixture = try await Self.fixture()
        let pull = fixture.access(.pull, "a", tag: "v1")
        try await fixture.record([pull])
        let path = fixture.folder.path + "/left.sqlite"
        for ending in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: fixture.ledger.path + ending,
                toPath: path + ending
            )
        }
        let left = try Ledger(path: path)
        defer { try? left.close() }
        #expect(try Self.rows(path) == Rows(journal: 1, hours: 0, keys: 1))
        let again = try await fixture.record([pull], in: left)
        #expect(again.answers == [DeliveryAnswer(duplicates: 1)])
        try await left.heartbeat(at: fixture.now)
        #expect(try Self.rows(path) == Rows(journal: 0, hours: 2, keys: 2))
    }

    // A command beside the daemon carries over what the daemon's memory says is in the journal.
    @Test func staysExactWhenAnotherProcessCarriesItOver() async throws {
        let fixture = try await Self.fixture()
        let other = try Ledger(path: fixture.ledger.path)
        defer { try? other.close() }
        let first = fixture.access(.pull, "a", tag: "v1")
        try await fixture.record([first])
        try await other.fold()
        let second = fixture.access(.pull, "a", tag: "v1")
        let batch = try await fixture.record([first, second])
        #expect(batch.answers == [DeliveryAnswer(accepted: 1, duplicates: 1)])
        let third = try await fixture.record([first, second], in: other)
        #expect(third.answers == [DeliveryAnswer(duplicates: 2)])
        #expect(try await fixture.manifest("a").inHistory.pulls == 2)
        try await fixture.ledger.fold()
        #expect(try Self.rows(fixture.ledger.path) == Rows(journal: 0, hours: 4, keys: 3))
    }

    // Delivered again at once, after others, after a fold, and much later within the seven days.
    @Test func recognisesWhatIsInTheJournal() async throws {
        let fixture = try await Self.fixture()
        let pull = fixture.access(.pull, "a", tag: "v1")
        let duplicate = [DeliveryAnswer(duplicates: 1)]
        try await fixture.record([pull])
        #expect(try await fixture.record([pull]).answers == duplicate)
        try await fixture.record([fixture.access(.pull, "a", tag: "v1")])
        #expect(try await fixture.record([pull]).answers == duplicate)
        try await fixture.ledger.fold()
        #expect(try await fixture.record([pull]).answers == duplicate)
        fixture.now = fixture.now + .days(6)
        try await fixture.record([fixture.access(.pull, "a", tag: "v1")])
        #expect(try await fixture.record([pull]).answers == duplicate)
        #expect(try await fixture.manifest("a").inHistory.pulls == 3)
    }

    // An event with an older stamp than all that is known is looked for in the table.
    @Test func recognisesAnOldKeyBehindNewerOnes() async throws {
        let fixture = try await Self.fixture()
        let old = fixture.access(.pull, "a", tag: "v1", at: fixture.now - .hours(2))
        try await fixture.record([old])
        try await fixture.record([fixture.access(.pull, "a", tag: "v1")])
        try await fixture.ledger.fold()
        try await fixture.record([fixture.access(.pull, "a", tag: "v1")])
        #expect(try await fixture.record([old]).answers == [DeliveryAnswer(duplicates: 1)])
        let late = fixture.access(.pull, "a", tag: "v1", at: fixture.now - .hours(3))
        #expect(try await fixture.record([late]).answers == [DeliveryAnswer(accepted: 1)])
    }

    @Test func doesNotGrowBeyondItsBound() async throws {
        let fixture = try await Self.fixture()
        var accesses: [Access] = []
        for _ in 0..<20 {
            let part = (0..<200).map { _ in fixture.access(.pull, "a", tag: "v1") }
            try await fixture.record(part)
            accesses += part
            #expect(try Self.rows(fixture.ledger.path).journal <= 6)
        }
        #expect(try Self.rows(fixture.ledger.path).keys > 1)
        #expect(try await fixture.manifest("a").inHistory.pulls == 4_000)
        for start in stride(from: 0, to: 4_000, by: 200) {
            let again = try await fixture.record(Array(accesses[start..<start + 200]))
            #expect(again.answers == [DeliveryAnswer(duplicates: 200)])
        }
        try await fixture.ledger.fold()
        #expect(
            try Self.rows(fixture.ledger.path) == Rows(journal: 0, hours: 8_000, keys: 4_001)
        )
    }

    // Many at once fill pages of their own: they are written where they are counted.
    @Test func passesLargeBatchesBy() async throws {
        let fixture = try await Self.fixture()
        let early = fixture.access(.pull, "a", tag: "v1")
        try await fixture.record([early])
        let many = (0..<300).map { _ in fixture.access(.pull, "a", tag: "v1") }
        let batch = try await fixture.record([early] + many)
        #expect(batch.answers == [DeliveryAnswer(accepted: 300, duplicates: 1)])
        #expect(try Self.rows(fixture.ledger.path) == Rows(journal: 0, hours: 602, keys: 302))
        let again = try await fixture.record([early, many[7]])
        #expect(again.answers == [DeliveryAnswer(duplicates: 2)])
    }

    // The row's last access and its indexes follow, as do those of what holds it.
    @Test func carriesLastAccessToTheRows() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([
            fixture.access(.push, "child"), fixture.access(.push, "index", tag: "v1"),
        ])
        try await fixture.store("child")
        try await fixture.store("index", children: ["child"])
        let pushed = fixture.now
        func stored() throws -> [Int64] {
            try DatabaseQueue(path: fixture.ledger.path).read { db in
                try Int64.fetchAll(
                    db,
                    sql: """
                        SELECT lastAccess FROM manifest UNION ALL SELECT lastUse FROM tag
                        """
                )
            }
        }
        fixture.now = pushed + .seconds(30)
        try await fixture.record([fixture.access(.pull, "child")])
        try await fixture.ledger.fold()
        #expect(try stored() == Array(repeating: pushed.milliseconds, count: 3))
        fixture.now = pushed + .seconds(61)
        try await fixture.record([fixture.access(.pull, "child")])
        try await fixture.ledger.fold()
        #expect(try stored() == Array(repeating: fixture.now.milliseconds, count: 3))
    }

    // What was named is not swept for a time: exact to the event, wherever it is written.
    @Test func tellsWhatWasNamedSince() async throws {
        let fixture = try await Self.fixture()
        let digest = LedgerFixture.digest("a")
        func named(since time: Timestamp) async throws -> Timestamp? {
            try await fixture.ledger.manifestsNamed(since: time, in: fixture.registry)[digest]
        }
        for _ in 0..<2 {
            fixture.now = fixture.now + .seconds(30)
            try await fixture.record([fixture.access(.pull, "a", tag: "v1")])
            #expect(try await named(since: fixture.now) == fixture.now)
            try await fixture.ledger.fold()
            #expect(try await named(since: fixture.now) == fixture.now)
            #expect(try await named(since: fixture.now + .seconds(1)) == nil)
        }
    }

    // A client that pushes has looked at the tag first: taken back, that leaves the pull before it.
    @Test(arguments: [true, false])
    func takesALookBackToThePullBefore(_ isCarriedOver: Bool) async throws {
        let fixture = try await Self.fixture()
        fixture.now = fixture.now + .seconds(30)
        let pulled = fixture.now
        try await fixture.record([fixture.access(.pull, "a", tag: "v1")])
        if isCarriedOver { try await fixture.ledger.fold() }
        fixture.now = fixture.now + .seconds(5)
        try await fixture.record([fixture.access(.resolve, "a", tag: "v1", agent: "skopeo/1")])
        fixture.now = fixture.now + .seconds(1)
        try await fixture.record([fixture.access(.push, "b", tag: "v1", agent: "skopeo/1")])
        let manifest = try await fixture.manifest("a")
        #expect(manifest.inHistory == AccessCounts(pulls: 1, pushes: 1))
        #expect(manifest.lastAccess == pulled)
    }

    // A copy is whole though its journal was not carried over.
    @Test func isCopiedWithTheLedger() async throws {
        let fixture = try await Self.fixture()
        try await fixture.record([fixture.access(.pull, "a", tag: "v1")])
        let path = fixture.folder.path + "/copy.sqlite"
        try await fixture.ledger.backup(to: path)
        let copy = try Ledger(path: path)
        defer { try? copy.close() }
        #expect(try await copy.verify() == [])
        try await copy.fold()
        #expect(try Self.rows(path) == Rows(journal: 0, hours: 2, keys: 2))
    }
}
