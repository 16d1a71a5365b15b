import GRDB

extension Migrations {
    /// Counts what each socket for log lines took, and what it had to drop.
    static func countWhatSocketsTake(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE logSocket (
                    registryId INTEGER NOT NULL REFERENCES registry (id),
                    address TEXT NOT NULL,
                    lines INTEGER NOT NULL DEFAULT 0 CHECK (lines >= 0),
                    dropped INTEGER NOT NULL DEFAULT 0 CHECK (dropped >= 0),
                    lastAt INTEGER,
                    droppedAt INTEGER,
                    PRIMARY KEY (registryId, address)
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE engineWatch (
                    name TEXT NOT NULL PRIMARY KEY,
                    lastEvent INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                """
        )
    }
}
