import GRDB

extension Migrations {
    /// Remembers when a sweep had taken what it took, by the machine's own time: its start, and
    /// milliseconds since then.
    static func rememberWhenTaken(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE storageTaken (
                    runId INTEGER PRIMARY KEY REFERENCES run (id) ON DELETE CASCADE,
                    boot TEXT NOT NULL,
                    uptime INTEGER NOT NULL
                ) STRICT;
                """
        )
    }
}
