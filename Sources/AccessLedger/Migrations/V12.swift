import GRDB

extension Migrations {
    /// Labels of image configurations, the versions that tags stand for, when tags went, requests for what was
    /// removed, and when plans of a policy were last approved.
    ///
    /// A tag's series is null until its name was looked at.
    static func rememberLabelsVersionsAndRegrets(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE manifestLabels (
                    manifestId INTEGER PRIMARY KEY REFERENCES manifest (id),
                    labels TEXT
                ) STRICT;

                ALTER TABLE tag ADD COLUMN series TEXT;
                ALTER TABLE tag ADD COLUMN major INTEGER;
                ALTER TABLE tag ADD COLUMN minor INTEGER;
                ALTER TABLE tag ADD COLUMN patch INTEGER;

                CREATE INDEX tagByVersion ON tag (repositoryId, series, major, minor, patch)
                    WHERE goneAt IS NULL AND minor IS NOT NULL;

                CREATE INDEX tagWithoutSeries ON tag (id) WHERE series IS NULL;

                CREATE TABLE tagEnd (
                    tagId INTEGER NOT NULL REFERENCES tag (id),
                    at INTEGER NOT NULL,
                    PRIMARY KEY (tagId, at)
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE missed (
                    id INTEGER PRIMARY KEY,
                    registryId INTEGER NOT NULL REFERENCES registry (id),
                    repositoryId INTEGER NOT NULL REFERENCES repository (id),
                    kind TEXT NOT NULL CHECK (kind IN ('tag', 'manifest', 'blob')),
                    tag TEXT,
                    digest TEXT,
                    runId INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
                    ordinal INTEGER NOT NULL,
                    isStorage INTEGER NOT NULL CHECK (isStorage IN (0, 1)),
                    at INTEGER NOT NULL,
                    source INTEGER NOT NULL,
                    address TEXT,
                    actor TEXT,
                    userAgent TEXT
                ) STRICT;

                CREATE INDEX missedByTime ON missed (at);

                CREATE INDEX missedOfRepository ON missed (repositoryId);

                CREATE TABLE regret (
                    runId INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
                    ordinal INTEGER NOT NULL,
                    isStorage INTEGER NOT NULL CHECK (isStorage IN (0, 1)),
                    registryId INTEGER NOT NULL REFERENCES registry (id),
                    repositoryId INTEGER NOT NULL REFERENCES repository (id),
                    kind TEXT NOT NULL,
                    tag TEXT,
                    digest TEXT,
                    reason TEXT NOT NULL,
                    policy TEXT,
                    removedAt INTEGER NOT NULL,
                    firstAt INTEGER NOT NULL,
                    lastAt INTEGER NOT NULL,
                    requests INTEGER NOT NULL CHECK (requests > 0),
                    address TEXT,
                    actor TEXT,
                    userAgent TEXT,
                    PRIMARY KEY (runId, ordinal, isStorage)
                ) STRICT, WITHOUT ROWID;

                CREATE INDEX regretByTime ON regret (lastAt);

                CREATE TABLE approval (
                    policy TEXT PRIMARY KEY,
                    at INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;

                CREATE INDEX storageItemOfDigest ON storageItem (registryId, digest)
                    WHERE digest IS NOT NULL;

                CREATE INDEX storageItemOfName ON storageItem (registryId, repository, name)
                    WHERE name IS NOT NULL;

                CREATE INDEX runItemOfDigest ON runItem (repositoryId, digest)
                    WHERE state = 'done';
                """
        )
    }
}
