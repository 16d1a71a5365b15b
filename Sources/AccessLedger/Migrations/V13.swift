import GRDB

extension Migrations {
    /// Remembers what each webhook was told, and counts what metrics show.
    ///
    /// `place` is the event up to which `webhookDelivery` has the events that the webhook wants; a
    /// delivered one has no row any more. `eventCount` sums up events that are rolled off some day.
    static func createPublishing(_ db: Database) throws {
        try db.execute(sql: webhooks)
        try db.execute(sql: counts)
    }

    private static let webhooks = """
        CREATE TABLE webhook (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            place INTEGER NOT NULL,
            delivered INTEGER NOT NULL DEFAULT 0 CHECK (delivered >= 0),
            deliveredAt INTEGER,
            failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
            attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
            failingSince INTEGER,
            nextAt INTEGER NOT NULL DEFAULT 0,
            stoppedAt INTEGER,
            problem TEXT NOT NULL DEFAULT ''
        ) STRICT;

        CREATE TABLE webhookDelivery (
            webhookId INTEGER NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
            eventId INTEGER NOT NULL REFERENCES event (id) ON DELETE CASCADE,
            since INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
            nextAt INTEGER NOT NULL DEFAULT 0,
            failedAt INTEGER,
            problem TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (webhookId, eventId)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX webhookDeliveryOfEvent ON webhookDelivery (eventId);
        CREATE INDEX webhookDeliveryPending ON webhookDelivery (webhookId, eventId)
            WHERE failedAt IS NULL;
        """

    private static let counts = """
        CREATE TABLE eventCount (
            actor TEXT NOT NULL,
            type TEXT NOT NULL,
            action TEXT NOT NULL,
            events INTEGER NOT NULL,
            items INTEGER NOT NULL,
            released INTEGER NOT NULL,
            reclaimed INTEGER NOT NULL,
            PRIMARY KEY (actor, type, action)
        ) STRICT, WITHOUT ROWID;

        INSERT INTO eventCount (actor, type, action, events, items, released, reclaimed)
        SELECT actor, type, action, count(*),
            sum(ifnull(CAST(json_extract(attributes, '$.items') AS INTEGER), 0)),
            sum(ifnull(CAST(json_extract(attributes, '$.released') AS INTEGER), 0)),
            sum(ifnull(CAST(json_extract(attributes, '$.reclaimed') AS INTEGER), 0))
        FROM event GROUP BY actor, type, action;

        CREATE INDEX runByCauseAndState ON run (cause, state);

        ALTER TABLE heard ADD COLUMN pulls INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE heard ADD COLUMN resolves INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE heard ADD COLUMN pushes INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE heard ADD COLUMN deletes INTEGER NOT NULL DEFAULT 0;
        """
}
