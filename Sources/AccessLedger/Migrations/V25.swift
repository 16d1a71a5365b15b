import GRDB

extension Migrations {
    /// When imports did not understand something, in which log, and which logs they could not read.
    ///
    /// A log is known again by its `head`, the hash of its first `headLength` bytes, else by its place;
    /// it was read up to `offset`, its records as `dialect` says. What waited before for logs that
    /// nobody noted is given up.
    static func rememberDoubtsOfImports(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE doubtfulLog (
                    id INTEGER PRIMARY KEY,
                    registryId INTEGER NOT NULL REFERENCES registry (id),
                    place TEXT NOT NULL,
                    head BLOB NOT NULL,
                    headLength INTEGER NOT NULL CHECK (headLength >= 0),
                    offset INTEGER NOT NULL CHECK (offset >= 0),
                    dialect TEXT NOT NULL
                ) STRICT;
                CREATE INDEX doubtfulLogOfRegistry ON doubtfulLog (registryId);

                CREATE TABLE importDoubt (
                    logId INTEGER NOT NULL REFERENCES doubtfulLog (id) ON DELETE CASCADE,
                    fromTime INTEGER NOT NULL,
                    toTime INTEGER NOT NULL,
                    PRIMARY KEY (logId, fromTime),
                    CHECK (toTime >= fromTime)
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE unreadLog (
                    id INTEGER PRIMARY KEY,
                    registryId INTEGER NOT NULL REFERENCES registry (id),
                    place TEXT NOT NULL,
                    head BLOB NOT NULL,
                    headLength INTEGER NOT NULL CHECK (headLength >= 0),
                    since INTEGER NOT NULL
                ) STRICT;
                CREATE INDEX unreadLogOfRegistry ON unreadLog (registryId);

                DELETE FROM pendingCoverage;
                """
        )
    }
}
