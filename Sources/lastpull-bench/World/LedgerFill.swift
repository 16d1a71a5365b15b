import AccessLedger
import Foundation
import GRDB
import RegistryModel

/// Fills a new ledger with many images and access hours, quickly.
///
/// It writes the rows that recording and listing would have written, so `Ledger.verify()` finds
/// nothing; only without their transactions, which would take hours.
struct LedgerFill {
    var manifests: Int
    /// Of each manifest.
    var hours: Int
    var now: Timestamp

    /// The registry that everything is in.
    static let registry = "local"

    var repositories: Int { max(1, manifests / GeneratedImage.perRepository) }

    func write(to path: String) async throws {
        let ledger = try Ledger(path: path)
        let row = try await ledger.registry(named: Self.registry)
        try ledger.close()
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try await queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA journal_mode = OFF")
            try db.execute(sql: "PRAGMA synchronous = OFF")
            try db.execute(sql: "PRAGMA cache_size = -2000000")
            try db.inTransaction {
                try fill(db, row.id)
                return .commit
            }
            // A ledger that has lived knows these; without them SQLite guesses, as it would then.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "PRAGMA journal_mode = WAL")
        }
        try queue.close()
    }

    private func fill(_ db: Database, _ registryId: Int64) throws {
        var writer = try RowWriter(db, registryId: registryId, now: now, hours: hours)
        for repository in 0..<repositories { try writer.add(repository: repository) }
        try db.execute(
            sql: "UPDATE registry SET bytes = ?, listedAt = ? WHERE id = ?",
            arguments: [writer.bytes, now.milliseconds, registryId]
        )
        try db.execute(
            sql: """
                INSERT INTO mediaTypeSample (registryId, mediaType, manifestId)
                SELECT registryId, mediaType, id FROM manifest LIMIT 1
                """
        )
    }
}
