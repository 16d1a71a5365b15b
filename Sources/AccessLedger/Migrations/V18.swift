import GRDB

extension Migrations {
    /// Remembers from which storage a sweep took something: the setting may name another one later.
    static func rememberWhereSweepsTook(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE storagePlace (
                    runId INTEGER PRIMARY KEY REFERENCES run (id) ON DELETE CASCADE,
                    path TEXT NOT NULL,
                    fileSystem INTEGER NOT NULL,
                    inode INTEGER NOT NULL
                ) STRICT;
                """
        )
    }
}
