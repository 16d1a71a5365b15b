import GRDB

extension Migrations {
    /// Remembers of each image that went from an engine what it was pulled as, to pull it again.
    static func rememberWhatEnginesPulled(_ db: Database) throws {
        try db.execute(
            sql: "ALTER TABLE engineItem ADD COLUMN digests TEXT NOT NULL DEFAULT '[]'"
        )
    }
}
