import GRDB

extension Migrations {
    /// The first schema: registries and what they hold, accesses, coverage, runs, events.
    ///
    /// Times are milliseconds since 1970, UTC; hours and days count from 1970 too. Digests are
    /// `algorithm:hex`. A row with a `goneAt` is kept for `explain` and `restore`.
    static func createFirstSchema(_ db: Database) throws {
        try db.execute(sql: inventory)
        try db.execute(sql: accesses)
        try db.execute(sql: coverage)
        try db.execute(sql: cleanup)
    }

    private static let inventory = """
        CREATE TABLE registry (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            bytes INTEGER NOT NULL DEFAULT 0,
            listedAt INTEGER,
            gapSince INTEGER,
            heldSince INTEGER NOT NULL DEFAULT 0
        ) STRICT;

        CREATE TABLE repository (
            id INTEGER PRIMARY KEY,
            registryId INTEGER NOT NULL REFERENCES registry (id),
            name TEXT NOT NULL,
            tags INTEGER NOT NULL DEFAULT 0,
            untagged INTEGER NOT NULL DEFAULT 0,
            unread INTEGER NOT NULL DEFAULT 0,
            bytes INTEGER NOT NULL DEFAULT 0,
            untaggedBytes INTEGER NOT NULL DEFAULT 0,
            pushes INTEGER NOT NULL DEFAULT 0,
            UNIQUE (registryId, name)
        ) STRICT;

        CREATE TABLE manifest (
            id INTEGER PRIMARY KEY,
            registryId INTEGER NOT NULL REFERENCES registry (id),
            repositoryId INTEGER NOT NULL REFERENCES repository (id),
            digest TEXT NOT NULL,
            mediaType TEXT,
            reading INTEGER NOT NULL DEFAULT 0 CHECK (reading IN (0, 1, 2)),
            isHeld INTEGER NOT NULL DEFAULT 0 CHECK (isHeld IN (0, 1)),
            firstSeen INTEGER NOT NULL,
            pushedAt INTEGER,
            untaggedSince INTEGER,
            lastAccess INTEGER NOT NULL DEFAULT 0,
            subject TEXT,
            goneAt INTEGER,
            UNIQUE (repositoryId, digest)
        ) STRICT;
        CREATE INDEX manifestUntaggedByUse ON manifest (repositoryId, lastAccess)
            WHERE isHeld = 0 AND goneAt IS NULL;
        CREATE INDEX manifestUnread ON manifest (registryId, repositoryId)
            WHERE reading = 0 AND goneAt IS NULL;
        CREATE INDEX manifestUnreadable ON manifest (registryId)
            WHERE reading = 2;
        CREATE INDEX manifestSubject ON manifest (repositoryId, subject)
            WHERE subject IS NOT NULL;

        CREATE TABLE manifestChild (
            parentId INTEGER NOT NULL REFERENCES manifest (id),
            digest TEXT NOT NULL,
            repositoryId INTEGER NOT NULL REFERENCES repository (id),
            PRIMARY KEY (parentId, digest)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX manifestChildParents ON manifestChild (repositoryId, digest);

        CREATE TABLE blob (
            id INTEGER PRIMARY KEY,
            registryId INTEGER NOT NULL REFERENCES registry (id),
            digest TEXT NOT NULL,
            size INTEGER NOT NULL,
            uses INTEGER NOT NULL DEFAULT 0 CHECK (uses >= 0),
            UNIQUE (registryId, digest)
        ) STRICT;
        CREATE INDEX blobReleased ON blob (registryId) WHERE uses = 0;

        CREATE TABLE manifestBlob (
            manifestId INTEGER NOT NULL REFERENCES manifest (id),
            blobId INTEGER NOT NULL REFERENCES blob (id),
            PRIMARY KEY (manifestId, blobId)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE repositoryBlob (
            repositoryId INTEGER NOT NULL REFERENCES repository (id),
            blobId INTEGER NOT NULL REFERENCES blob (id),
            uses INTEGER NOT NULL CHECK (uses >= 0),
            heldUses INTEGER NOT NULL CHECK (heldUses >= 0),
            PRIMARY KEY (repositoryId, blobId)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE tag (
            id INTEGER PRIMARY KEY,
            registryId INTEGER NOT NULL REFERENCES registry (id),
            repositoryId INTEGER NOT NULL REFERENCES repository (id),
            name TEXT NOT NULL,
            isReferrer INTEGER NOT NULL CHECK (isReferrer IN (0, 1)),
            manifestId INTEGER REFERENCES manifest (id),
            movedAt INTEGER NOT NULL,
            firstSeen INTEGER NOT NULL,
            pushedAt INTEGER,
            pushRank INTEGER NOT NULL,
            lastAccess INTEGER NOT NULL DEFAULT 0,
            lastUse INTEGER NOT NULL DEFAULT 0,
            goneAt INTEGER,
            UNIQUE (repositoryId, name)
        ) STRICT;
        CREATE INDEX tagByUse ON tag (repositoryId, lastUse, pushRank) WHERE goneAt IS NULL;
        CREATE INDEX tagOfRegistryByUse ON tag (registryId, lastUse, pushRank)
            WHERE goneAt IS NULL;
        CREATE INDEX tagByPush ON tag (repositoryId, pushRank)
            WHERE goneAt IS NULL AND isReferrer = 0;
        CREATE INDEX tagOfManifest ON tag (manifestId) WHERE goneAt IS NULL;

        CREATE TABLE tagMove (
            tagId INTEGER NOT NULL REFERENCES tag (id),
            since INTEGER NOT NULL,
            manifestId INTEGER NOT NULL REFERENCES manifest (id),
            PRIMARY KEY (tagId, since)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE mediaTypeSample (
            registryId INTEGER NOT NULL REFERENCES registry (id),
            mediaType TEXT NOT NULL,
            manifestId INTEGER NOT NULL REFERENCES manifest (id),
            PRIMARY KEY (registryId, mediaType)
        ) STRICT, WITHOUT ROWID;
        """

    private static let cleanup = """
        CREATE TABLE run (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            cause TEXT NOT NULL,
            measured TEXT NOT NULL,
            scope TEXT NOT NULL,
            mode TEXT NOT NULL,
            state TEXT NOT NULL,
            note TEXT NOT NULL DEFAULT '',
            createdAt INTEGER NOT NULL,
            endedAt INTEGER,
            kept INTEGER NOT NULL,
            keptReasons TEXT NOT NULL,
            fingerprint TEXT NOT NULL DEFAULT ''
        ) STRICT;
        CREATE INDEX runByState ON run (state);
        CREATE INDEX runByCause ON run (cause, fingerprint);

        CREATE TABLE runItem (
            runId INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
            ordinal INTEGER NOT NULL,
            kind TEXT NOT NULL,
            registryId INTEGER NOT NULL,
            repositoryId INTEGER NOT NULL,
            tagId INTEGER,
            tag TEXT,
            manifestId INTEGER,
            digest TEXT,
            reason TEXT NOT NULL,
            why TEXT NOT NULL,
            policy TEXT,
            mode TEXT NOT NULL,
            lastAccess INTEGER,
            accesses INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            removesManifest INTEGER NOT NULL,
            state TEXT NOT NULL,
            detail TEXT NOT NULL DEFAULT '',
            step TEXT NOT NULL DEFAULT '',
            changedAt INTEGER NOT NULL,
            PRIMARY KEY (runId, ordinal)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX runItemOfImage ON runItem (repositoryId, tag, digest);

        CREATE TABLE tagWatch (
            repositoryId INTEGER NOT NULL REFERENCES repository (id),
            tag TEXT NOT NULL,
            comparedAt INTEGER NOT NULL,
            PRIMARY KEY (repositoryId, tag)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE keptManifest (
            repositoryId INTEGER NOT NULL REFERENCES repository (id),
            digest TEXT NOT NULL,
            mediaType TEXT NOT NULL,
            bytes BLOB NOT NULL,
            keptAt INTEGER NOT NULL,
            PRIMARY KEY (repositoryId, digest)
        ) STRICT;

        CREATE TABLE event (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            time INTEGER NOT NULL,
            type TEXT NOT NULL,
            action TEXT NOT NULL,
            actor TEXT NOT NULL,
            attributes TEXT NOT NULL
        ) STRICT;
        CREATE INDEX eventByTime ON event (time);

        CREATE TABLE triggerState (
            name TEXT NOT NULL,
            registryId INTEGER NOT NULL,
            repositoryId INTEGER NOT NULL,
            lastRun INTEGER NOT NULL,
            lastNote TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (name, registryId, repositoryId)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE trust (
            registryId INTEGER PRIMARY KEY REFERENCES registry (id),
            fromTime INTEGER NOT NULL,
            firstReadAt INTEGER NOT NULL
        ) STRICT;
        """
}
