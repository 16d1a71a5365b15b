import AccessLedger
import Foundation
import GRDB
import TestSupport
import Testing

/// A released migration is never touched again: the schema it makes is written down.
struct SchemaTests {
    @Test func makesTheSchemaThatIsWrittenDown() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ledger.sqlite"
        try Ledger(path: path).close()
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
        let written = try String(contentsOf: Self.file, encoding: .utf8)
        #expect(made.joined(separator: ";\n\n") + ";\n" == written)
    }

    private static let file = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "fixtures/ledger/schema.sql")
}
