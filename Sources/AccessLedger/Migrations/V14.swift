import GRDB

extension Migrations {
    /// How the records of logs are named: with a secret of this ledger, or as before where it knows
    /// some already, for they must be known again.
    static func chooseRecordNaming(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE recordNaming (
                    id INTEGER PRIMARY KEY CHECK (id = 1),
                    secret BLOB CHECK (length(secret) = 16)
                ) STRICT;
                INSERT INTO recordNaming (id, secret)
                SELECT 1, iif(
                    EXISTS (SELECT 1 FROM seen) OR EXISTS (SELECT 1 FROM journal)
                        OR EXISTS (SELECT 1 FROM importedKeys) OR EXISTS (SELECT 1 FROM logFile),
                    NULL,
                    randomblob(16)
                );
                """
        )
    }
}
