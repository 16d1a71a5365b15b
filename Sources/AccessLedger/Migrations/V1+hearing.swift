// The part of the first schema that holds what was heard, and for which time.
extension Migrations {
    static let accesses = """
        CREATE TABLE manifestHour (
            manifestId INTEGER NOT NULL REFERENCES manifest (id),
            hour INTEGER NOT NULL,
            source INTEGER NOT NULL,
            pulls INTEGER NOT NULL CHECK (pulls >= 0),
            resolves INTEGER NOT NULL CHECK (resolves >= 0),
            pushes INTEGER NOT NULL CHECK (pushes >= 0),
            lastAt INTEGER NOT NULL,
            PRIMARY KEY (manifestId, hour, source)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE tagHour (
            tagId INTEGER NOT NULL REFERENCES tag (id),
            hour INTEGER NOT NULL,
            source INTEGER NOT NULL,
            pulls INTEGER NOT NULL CHECK (pulls >= 0),
            resolves INTEGER NOT NULL CHECK (resolves >= 0),
            pushes INTEGER NOT NULL CHECK (pushes >= 0),
            lastAt INTEGER NOT NULL,
            PRIMARY KEY (tagId, hour, source)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE seen (
            registryId INTEGER NOT NULL,
            stamp INTEGER NOT NULL,
            high INTEGER NOT NULL,
            low INTEGER NOT NULL,
            PRIMARY KEY (registryId, stamp, high, low)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE heard (
            registryId INTEGER NOT NULL REFERENCES registry (id),
            source INTEGER NOT NULL,
            accepted INTEGER NOT NULL DEFAULT 0,
            duplicates INTEGER NOT NULL DEFAULT 0,
            ignored INTEGER NOT NULL DEFAULT 0,
            rejected INTEGER NOT NULL DEFAULT 0,
            lastAt INTEGER NOT NULL,
            clockOffset INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (registryId, source)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE rejectedBody (
            id INTEGER PRIMARY KEY,
            registryId INTEGER NOT NULL REFERENCES registry (id),
            source INTEGER NOT NULL,
            receivedAt INTEGER NOT NULL,
            reason TEXT NOT NULL,
            excerpt BLOB NOT NULL
        ) STRICT;
        """

    static let coverage = """
        CREATE TABLE heartbeat (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE instance (
            registryId INTEGER NOT NULL REFERENCES registry (id),
            source INTEGER NOT NULL,
            name TEXT NOT NULL,
            firstStamp INTEGER NOT NULL,
            lastHeard INTEGER NOT NULL,
            lastReturn INTEGER,
            droppedAt INTEGER,
            PRIMARY KEY (registryId, source, name)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE probe (
            id INTEGER PRIMARY KEY,
            registryId INTEGER NOT NULL REFERENCES registry (id),
            name TEXT NOT NULL UNIQUE,
            mediaType TEXT NOT NULL,
            sentAt INTEGER NOT NULL,
            answeredAt INTEGER,
            failure TEXT,
            isGap INTEGER NOT NULL DEFAULT 0 CHECK (isGap IN (0, 1))
        ) STRICT;
        CREATE INDEX probeBySending ON probe (registryId, sentAt);

        CREATE TABLE probeReturn (
            probeId INTEGER NOT NULL REFERENCES probe (id) ON DELETE CASCADE,
            source INTEGER NOT NULL,
            instance TEXT NOT NULL,
            returnedAt INTEGER NOT NULL,
            PRIMARY KEY (probeId, source)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE coverage (
            id INTEGER PRIMARY KEY,
            registryId INTEGER NOT NULL REFERENCES registry (id),
            kind TEXT NOT NULL,
            fromTime INTEGER NOT NULL,
            toTime INTEGER NOT NULL,
            CHECK (toTime >= fromTime)
        ) STRICT;
        CREATE INDEX coverageOfRegistry ON coverage (registryId, toTime);

        CREATE TABLE knownLoss (
            id INTEGER PRIMARY KEY,
            registryId INTEGER NOT NULL REFERENCES registry (id),
            reason TEXT NOT NULL,
            fromTime INTEGER NOT NULL,
            lastAt INTEGER NOT NULL,
            toTime INTEGER
        ) STRICT;
        CREATE INDEX knownLossOfRegistry ON knownLoss (registryId, toTime);

        CREATE TABLE downtime (
            id INTEGER PRIMARY KEY,
            registryId INTEGER NOT NULL REFERENCES registry (id),
            fromTime INTEGER NOT NULL,
            toTime INTEGER NOT NULL,
            healedAt INTEGER,
            waitsFor INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE downtimeInstance (
            downtimeId INTEGER NOT NULL REFERENCES downtime (id) ON DELETE CASCADE,
            source INTEGER NOT NULL,
            name TEXT NOT NULL,
            deliveredAt INTEGER,
            PRIMARY KEY (downtimeId, source, name)
        ) STRICT, WITHOUT ROWID;
        """
}
