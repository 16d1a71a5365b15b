import GRDB

extension Migrations {
    /// Remembers which kinds of senders report a registry, and how much came in the last hours.
    static func rememberSenders(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE heard ADD COLUMN hour INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE heard ADD COLUMN inHour INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE heard ADD COLUMN inHourBefore INTEGER NOT NULL DEFAULT 0;

                CREATE TABLE sender (
                    registryId INTEGER NOT NULL REFERENCES registry (id),
                    source INTEGER NOT NULL,
                    kind TEXT NOT NULL,
                    tellsPulls INTEGER NOT NULL CHECK (tellsPulls IN (0, 1)),
                    lastAt INTEGER NOT NULL,
                    PRIMARY KEY (registryId, source, kind)
                ) STRICT, WITHOUT ROWID;
                """
        )
    }
}
