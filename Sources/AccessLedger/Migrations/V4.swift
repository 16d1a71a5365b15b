import GRDB

extension Migrations {
    /// Lets each `pushes` trigger count for itself.
    ///
    /// Its number is how many of a repository's pushes it has counted, up to its last run there. What
    /// `repository.pushes` held before is what no trigger has counted yet.
    static func countPushesOfEachTrigger(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE triggerState
                ADD COLUMN pushes INTEGER NOT NULL DEFAULT 0 CHECK (pushes >= 0)
                """
        )
    }
}
