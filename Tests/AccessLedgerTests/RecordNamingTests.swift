import AccessLedger
import Foundation
import GRDB
import RegistryModel
import TestSupport
import Testing

/// What a ledger names the records of logs by.
struct LedgerRecordNamingTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path + "/ledger.sqlite" }

    init() throws { folder = try TemporaryFolder() }

    @Test func aNewLedgerHasASecretOfItsOwnAndKeepsIt() throws {
        let first = try naming(of: path)
        #expect(first != .digest && first != .keyed(low: 0, high: 0))
        #expect(try naming(of: path) == first)
        #expect(try naming(of: folder.path + "/other.sqlite") != first)
    }

    // What it knows by the old names would count once more by new ones.
    @Test func aLedgerThatKnowsRecordsKeepsTheirNames() async throws {
        try await makeFirstVersion(and: "SELECT 1")
        #expect(try naming(of: path) == .digest)
    }

    @Test func anOldLedgerThatKnowsNoneIsAsGoodAsNew() async throws {
        try await makeFirstVersion(and: "DELETE FROM seen")
        #expect(try naming(of: path) != .digest)
    }

    private func makeFirstVersion(and sql: String) async throws {
        let script = try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../fixtures/ledger/v1.sql"),
            encoding: .utf8
        )
        let queue = try DatabaseQueue(path: path)
        try await queue.write { try $0.execute(sql: script + sql) }
        try queue.close()
    }

    private func naming(of path: String) throws -> RecordNaming {
        let ledger = try Ledger(path: path)
        defer { try? ledger.close() }
        return ledger.recordNaming
    }
}
