import GRDB

extension Migrations {
    /// What imports cover once they end well.
    static func letImportsWait(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE pendingCoverage (
                    id INTEGER PRIMARY KEY,
                    registryId INTEGER NOT NULL REFERENCES registry (id),
                    kind TEXT NOT NULL,
                    fromTime INTEGER NOT NULL,
                    toTime INTEGER NOT NULL,
                    CHECK (toTime >= fromTime)
                ) STRICT;

                CREATE INDEX pendingCoverageOfRegistry ON pendingCoverage (registryId, toTime);
                """
        )
    }
}
