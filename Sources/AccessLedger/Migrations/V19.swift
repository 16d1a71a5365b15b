import GRDB

extension Migrations {
    /// Remembers when blobs were named that a push may count on, and how far the clock of each of a
    /// registry's processes is ahead of ours (milliseconds; NULL until a probe of its own has told).
    static func rememberNamedBlobs(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE blobNamed (
                    registryId INTEGER NOT NULL REFERENCES registry (id),
                    digest TEXT NOT NULL,
                    at INTEGER NOT NULL,
                    PRIMARY KEY (registryId, digest)
                ) STRICT, WITHOUT ROWID;

                ALTER TABLE instance ADD COLUMN clockOffset INTEGER;
                """
        )
    }
}
