import GRDB

extension Migrations {
    /// What a registry's own API tells of its images: the last pull of a tag, and locks.
    ///
    /// `toldAt` is when it told of a tag's pulls, null where it never did; `toldPullAt` is the last
    /// one, null for none.
    static func rememberWhatRegistriesTell(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE tag ADD COLUMN toldAt INTEGER;
                ALTER TABLE tag ADD COLUMN toldPullAt INTEGER;
                ALTER TABLE tag ADD COLUMN
                    isLocked INTEGER NOT NULL DEFAULT 0 CHECK (isLocked IN (0, 1));
                ALTER TABLE manifest ADD COLUMN
                    isLocked INTEGER NOT NULL DEFAULT 0 CHECK (isLocked IN (0, 1));
                """
        )
    }
}
