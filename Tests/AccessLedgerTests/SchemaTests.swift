import AccessLedger
import Foundation
import GRDB
import RegistryModel
import TestSupport
import Testing

/// A released migration is never touched again: the schema it makes is written down.
struct SchemaTests {
    @Test func makesTheSchemaThatIsWrittenDown() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ledger.sqlite"
        try Ledger(path: path).close()
        #expect(try Self.schema(of: path) == Self.fixture("schema"))
    }

    // A ledger of an earlier version, with an image that was pulled three times.
    @Test(arguments: ["v1"])
    func bringsEveryEarlierSchemaUpToDate(_ version: String) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ledger.sqlite"
        let queue = try DatabaseQueue(path: path)
        let script = try Self.fixture(version)
        try await queue.write { try $0.execute(sql: script) }
        try queue.close()
        let ledger = try Ledger(path: path)
        defer { try? ledger.close() }
        #expect(try Self.schema(of: path) == Self.fixture("schema"))
        let slice = try await ledger.slice(of: [.tag(1)], rule: LedgerFixture.everything)
        #expect(slice.tags[1]?.inHistory == AccessCounts(pulls: 2, resolves: 1))
        #expect(slice.manifests[1]?.inHistory == AccessCounts(pulls: 3, resolves: 1))
        #expect(try await ledger.verify() == [])
    }

    private static func schema(of path: String) throws -> String {
        let made = try DatabaseQueue(path: path).read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT sql FROM sqlite_master
                    WHERE sql IS NOT NULL AND name NOT LIKE 'grdb_%' AND name NOT LIKE 'sqlite_%'
                    ORDER BY name
                    """
            )
        }
        return made.joined(separator: ";\n\n") + ";\n"
    }

    private static func fixture(_ name: String) throws -> String {
        let root = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return try String(
            contentsOf: root.appending(path: "fixtures/ledger/\(name).sql"),
            encoding: .utf8
        )
    }
}
