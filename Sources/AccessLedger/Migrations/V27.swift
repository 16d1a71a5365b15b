import GRDB

extension Migrations {
    /// Remembers how far logs were read that were not read to their ends.
    static func rememberHowFarLogsWereRead(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE unreadLog
                    ADD COLUMN readTo INTEGER NOT NULL DEFAULT 0 CHECK (readTo >= 0)
                """
        )
    }
}
