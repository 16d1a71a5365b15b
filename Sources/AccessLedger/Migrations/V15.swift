import GRDB

extension Migrations {
    /// Remembers which repositories could not be listed, so that nothing goes from them.
    static func rememberWhatWasNotListed(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE unlisted (
                    repositoryId INTEGER PRIMARY KEY REFERENCES repository (id) ON DELETE CASCADE,
                    since INTEGER NOT NULL,
                    why TEXT NOT NULL
                ) STRICT;
                """
        )
    }
}
