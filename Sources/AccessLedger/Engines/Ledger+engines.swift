import GRDB
package import RegistryModel

/// How an image of an engine was used, as far as anybody saw.
package struct EngineUse: Sendable, Equatable {
    /// When lastpull saw it for the first time; earlier uses are not known.
    package var firstSeen: Timestamp
    /// At least when it was first seen.
    package var lastUse: Timestamp
    package var uses: Int

    package init(firstSeen: Timestamp, lastUse: Timestamp, uses: Int) {
        self.firstSeen = firstSeen
        self.lastUse = lastUse
        self.uses = uses
    }
}

// When the images of engines were last used.
extension Ledger {
    /// The row of an engine, made where there is none.
    package func engine(named name: String) async throws -> EngineRow {
        let id = try await write("look up an engine in") { db in
            try db.run("INSERT INTO engine (name) VALUES (?) ON CONFLICT (name) DO NOTHING", [name])
            return try db.number("SELECT id FROM engine WHERE name = ?", [name]) ?? 0
        }
        return EngineRow(id: id, name: name)
    }

    /// Up to where an engine's events are taken in, in nanoseconds since 1970; nil for never.
    package func heardTo(of engine: EngineRow) async throws -> Int64? {
        try await read("read what was heard of an engine from") { db in
            try db.number("SELECT heardTo FROM engine WHERE id = ?", [engine.id])
        }
    }

    /// Takes in uses of images, with the place in the engine's stream up to which they are.
    package func used(
        _ uses: [(image: String, at: Timestamp)],
        of engine: EngineRow,
        heardTo: Int64,
        now: Timestamp
    ) async throws {
        try await write("write an engine's events to") { db in
            for use in uses {
                try Self.used(use.image, of: engine, at: min(use.at, now), db)
            }
            try db.run(
                "UPDATE engine SET heardTo = max(ifnull(heardTo, 0), ?) WHERE id = ?",
                [heardTo, engine.id]
            )
        }
    }

    private static func used(
        _ image: String,
        of engine: EngineRow,
        at time: Timestamp,
        _ db: Database
    ) throws {
        try db.run(
            """
            INSERT INTO engineImage (engineId, image, firstSeen, lastUse, uses, listedAt)
            VALUES (?1, ?2, ?3, ?3, 1, ?3)
            ON CONFLICT (engineId, image) DO UPDATE SET
                lastUse = max(lastUse, excluded.lastUse),
                uses = uses + 1
            """,
            [engine.id, image, time.milliseconds]
        )
    }

    /// Takes note of the images that there are: those not known count from now on, those in use are
    /// used now, and with `isGap` all are, since nobody knows which were used meanwhile.
    ///
    /// What was not listed for `history` is forgotten.
    package func listed(
        _ images: [String],
        inUse: Set<String>,
        of engine: EngineRow,
        isGap: Bool,
        history: Span,
        at time: Timestamp
    ) async throws {
        try await write("write an engine's images to") { db in
            for image in images {
                let isUsed = isGap || inUse.contains(image)
                try db.run(
                    """
                    INSERT INTO engineImage (engineId, image, firstSeen, lastUse, uses, listedAt)
                    VALUES (?1, ?2, ?3, ?3, 0, ?3)
                    ON CONFLICT (engineId, image) DO UPDATE SET
                        lastUse = CASE WHEN ?4 THEN max(lastUse, ?3) ELSE lastUse END,
                        listedAt = ?3
                    """,
                    [engine.id, image, time.milliseconds, isUsed]
                )
            }
            try db.run(
                "DELETE FROM engineImage WHERE engineId = ? AND listedAt < ? AND lastUse < ?",
                [engine.id, (time - history).milliseconds, (time - history).milliseconds]
            )
        }
    }

    /// When an engine's images were listed last; nil for never.
    package func lastListing(of engine: EngineRow) async throws -> Timestamp? {
        try await read("read when an engine was listed from") { db in
            try db.number("SELECT max(listedAt) FROM engineImage WHERE engineId = ?", [engine.id])
                .map { Timestamp(milliseconds: $0) }
        }
    }

    /// What is known of the use of an engine's images, by their ids.
    package func uses(of engine: EngineRow) async throws -> [String: EngineUse] {
        try await read("read the use of images from") { db in
            let rows = try db.rows(
                "SELECT image, firstSeen, lastUse, uses FROM engineImage WHERE engineId = ?",
                [engine.id]
            )
            return Dictionary(
                rows.map { row in
                    let use = EngineUse(
                        firstSeen: Timestamp(milliseconds: row[1]),
                        lastUse: Timestamp(milliseconds: row[2]),
                        uses: row[3]
                    )
                    return (row[0] as String, use)
                }
            ) { first, _ in first }
        }
    }
}
