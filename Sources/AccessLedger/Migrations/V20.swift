import GRDB

extension Migrations {
    /// Remembers which daemon served the ledger last, at which address each registry was heard, and
    /// whether the clock can be believed.
    static func rememberWhatProofsAreOf(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE serving (
                    id INTEGER PRIMARY KEY CHECK (id = 1),
                    session TEXT NOT NULL,
                    beats INTEGER NOT NULL,
                    isCopy INTEGER NOT NULL CHECK (isCopy IN (0, 1)),
                    doubtfulBeats INTEGER NOT NULL,
                    leaptFrom INTEGER NOT NULL
                ) STRICT;
                INSERT INTO serving (id, session, beats, isCopy, doubtfulBeats, leaptFrom)
                VALUES (1, '', 0, 0, 0, 0);

                CREATE TABLE registryAddress (
                    registryId INTEGER NOT NULL REFERENCES registry (id),
                    since INTEGER NOT NULL,
                    address TEXT NOT NULL,
                    PRIMARY KEY (registryId, since)
                ) STRICT, WITHOUT ROWID;

                ALTER TABLE trust ADD COLUMN address TEXT NOT NULL DEFAULT '';
                """
        )
    }
}
