import GRDB

extension Migrations {
    /// Remembers the machine's own time beside the clock's, what leaps of the clock it did not
    /// confirm, and of each absence what it was and how far the registry's clocks were off before it.
    static func compareClocks(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE heartbeat ADD COLUMN boot TEXT NOT NULL DEFAULT '';
                ALTER TABLE heartbeat ADD COLUMN uptime INTEGER NOT NULL DEFAULT 0;

                ALTER TABLE downtime
                    ADD COLUMN reason TEXT NOT NULL DEFAULT 'lastpull was not running';
                ALTER TABLE downtime
                    ADD COLUMN isTimed INTEGER NOT NULL DEFAULT 1 CHECK (isTimed IN (0, 1));
                ALTER TABLE downtimeInstance ADD COLUMN clockOffset INTEGER NOT NULL DEFAULT 0;

                CREATE TABLE clockLeap (
                    id INTEGER PRIMARY KEY,
                    fromTime INTEGER NOT NULL,
                    toTime INTEGER NOT NULL,
                    boot TEXT NOT NULL,
                    uptime INTEGER NOT NULL,
                    beats INTEGER NOT NULL,
                    CHECK (toTime >= fromTime)
                ) STRICT;
                """
        )
    }
}
