import GRDB

extension Migrations {
    /// What is remembered of engines: when each image was last used, what runs removed, and what
    /// came back of it.
    static func createEngineTables(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE engine (
                    id INTEGER PRIMARY KEY,
                    name TEXT NOT NULL UNIQUE,
                    heardTo INTEGER
                ) STRICT;

                CREATE TABLE engineImage (
                    engineId INTEGER NOT NULL REFERENCES engine (id),
                    image TEXT NOT NULL,
                    firstSeen INTEGER NOT NULL,
                    lastUse INTEGER NOT NULL,
                    uses INTEGER NOT NULL DEFAULT 0,
                    listedAt INTEGER NOT NULL,
                    PRIMARY KEY (engineId, image)
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE engineItem (
                    runId INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
                    ordinal INTEGER NOT NULL,
                    engineId INTEGER NOT NULL REFERENCES engine (id),
                    kind TEXT NOT NULL,
                    subject TEXT NOT NULL,
                    names TEXT NOT NULL,
                    reason TEXT NOT NULL,
                    why TEXT NOT NULL,
                    policy TEXT,
                    mode TEXT NOT NULL,
                    lastUse INTEGER,
                    uses INTEGER NOT NULL,
                    bytes INTEGER NOT NULL,
                    size INTEGER NOT NULL,
                    state TEXT NOT NULL,
                    detail TEXT NOT NULL DEFAULT '',
                    changedAt INTEGER NOT NULL,
                    PRIMARY KEY (runId, ordinal)
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE runFreed (
                    runId INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
                    kind TEXT NOT NULL,
                    before INTEGER,
                    reclaimed INTEGER NOT NULL DEFAULT 0,
                    PRIMARY KEY (runId, kind)
                ) STRICT, WITHOUT ROWID;
                """
        )
    }
}
