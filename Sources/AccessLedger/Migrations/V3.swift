import GRDB

extension Migrations {
    /// What local prune remembers: the references of manifests, and what a sweep has taken.
    ///
    /// `manifestReferences` is named by content alone, so that a manifest is read once however many
    /// repositories hold it. A `storageItem` is one removal on the registry's disk.
    static func createStorageTables(_ db: Database) throws {
        try db.execute(sql: storage)
    }

    private static let storage = """
        CREATE TABLE manifestReferences (
            digest BLOB PRIMARY KEY,
            packed BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE storageItem (
            runId INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
            ordinal INTEGER NOT NULL,
            registryId INTEGER NOT NULL,
            kind TEXT NOT NULL,
            digest TEXT,
            repository TEXT,
            name TEXT,
            reason TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            reclaimed INTEGER NOT NULL DEFAULT 0,
            state TEXT NOT NULL,
            isForgotten INTEGER NOT NULL DEFAULT 0 CHECK (isForgotten IN (0, 1)),
            detail TEXT NOT NULL DEFAULT '',
            changedAt INTEGER NOT NULL,
            PRIMARY KEY (runId, ordinal)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX storageItemQuarantined ON storageItem (registryId, digest)
            WHERE state = 'quarantined';
        """
}
