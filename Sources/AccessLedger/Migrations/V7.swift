import GRDB

extension Migrations {
    /// How far logs were read, and which of their records were imported.
    ///
    /// A `logFile` is a file or blob by its content: its beginning and what lies before `offset`, as
    /// hashes. `importedKeys` has the keys of imported records, 16 bytes each, least significant first,
    /// by spans of ten minutes since 1970; `followed` what is to be read while lastpull serves.
    static func rememberLogs(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE logFile (
                    id INTEGER PRIMARY KEY,
                    registryId INTEGER NOT NULL REFERENCES registry (id),
                    place TEXT NOT NULL,
                    device INTEGER NOT NULL,
                    inode INTEGER NOT NULL,
                    version TEXT NOT NULL,
                    head BLOB NOT NULL,
                    headLength INTEGER NOT NULL,
                    tail BLOB NOT NULL,
                    offset INTEGER NOT NULL CHECK (offset >= 0),
                    isCut INTEGER NOT NULL CHECK (isCut IN (0, 1)),
                    accesses INTEGER NOT NULL,
                    lastLine INTEGER,
                    recentKeys BLOB NOT NULL CHECK (length(recentKeys) % 16 = 0),
                    isImported INTEGER NOT NULL CHECK (isImported IN (0, 1)),
                    readAt INTEGER NOT NULL
                ) STRICT;
                CREATE INDEX logFileByHead ON logFile (registryId, headLength, head);
                CREATE INDEX logFileByPlace ON logFile (registryId, place);

                CREATE TABLE importedKeys (
                    id INTEGER PRIMARY KEY,
                    registryId INTEGER NOT NULL REFERENCES registry (id),
                    span INTEGER NOT NULL,
                    keys BLOB NOT NULL CHECK (length(keys) % 16 = 0)
                ) STRICT;
                CREATE INDEX importedKeysBySpan ON importedKeys (registryId, span);

                CREATE TABLE followed (
                    registryId INTEGER NOT NULL REFERENCES registry (id),
                    place TEXT NOT NULL,
                    problem TEXT NOT NULL,
                    changedAt INTEGER NOT NULL,
                    readAt INTEGER NOT NULL,
                    PRIMARY KEY (registryId, place)
                ) STRICT, WITHOUT ROWID;
                """
        )
    }
}
