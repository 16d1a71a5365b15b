import GRDB

extension Migrations {
    /// How far the operator's word goes, what was refused or ignored, and how many runs are forgotten.
    ///
    /// Deliveries for registries that are not in the settings stand under 0; reads by clients under the
    /// rule that ignored them, and those that count under an empty one.
    static func rememberDoubts(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE trust ADD COLUMN untilTime INTEGER;

                ALTER TABLE trust ADD COLUMN isWithdrawn INTEGER NOT NULL DEFAULT 0
                    CHECK (isWithdrawn IN (0, 1));

                CREATE TABLE refusedDelivery (
                    registryId INTEGER NOT NULL,
                    reason TEXT NOT NULL,
                    deliveries INTEGER NOT NULL CHECK (deliveries > 0),
                    lastAt INTEGER NOT NULL,
                    address TEXT NOT NULL,
                    name TEXT NOT NULL,
                    PRIMARY KEY (registryId, reason)
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE clientRead (
                    registryId INTEGER NOT NULL REFERENCES registry (id),
                    day INTEGER NOT NULL,
                    rule TEXT NOT NULL,
                    reads INTEGER NOT NULL CHECK (reads > 0),
                    PRIMARY KEY (registryId, day, rule)
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE formerRuns (
                    cause TEXT PRIMARY KEY,
                    runs INTEGER NOT NULL CHECK (runs > 0)
                ) STRICT, WITHOUT ROWID;
                """
        )
    }
}
