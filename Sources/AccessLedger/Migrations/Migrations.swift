import GRDB

/// All changes of the schema, in order; a released one is never touched again.
enum Migrations {
    private typealias Step = (name: String, migrate: @Sendable (Database) throws -> Void)

    private static var steps: [Step] {
        [
            ("v1", createFirstSchema),
            ("v2", createJournal),
            ("v3", createStorageTables),
            ("v4", countPushesOfEachTrigger),
            ("v5", rememberSenders),
            ("v7", rememberLogs),
            ("v8", countWhatSocketsTake),
            ("v9", createEngineTables),
            ("v10", rememberWhatRegistriesTell),
            ("v11", rememberWhenTaken),
            ("v12", rememberLabelsVersionsAndRegrets),
            ("v13", createPublishing),
            ("v17", rememberWhatEnginesPulled),
            ("v14", chooseRecordNaming),
            ("v15", rememberWhatWasNotListed),
            ("v22", letImportsWait),
            ("v19", rememberNamedBlobs),
            ("v18", rememberWhereSweepsTook),
            ("v20", rememberWhatProofsAreOf),
            ("v23", rememberDoubts),
            ("v26", compareClocks),
            ("v25", rememberDoubtsOfImports),
            ("v27", rememberHowFarLogsWereRead),
            ("v31", measureBlobs),
        ]
    }

    static var all: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for step in steps { migrator.registerMigration(step.name, migrate: step.migrate) }
        return migrator
    }

    /// Takes all steps in one transaction where nothing is in the file yet; else does nothing.
    ///
    /// Each for itself, as a migrator does it, takes as long as a small import.
    static func begin(_ db: Database) throws {
        guard try isEmpty(db) else { return }
        // As a migrator does: tables are made anew, and what refers to them stays.
        try db.execute(sql: "PRAGMA foreign_keys = OFF")
        defer { try? db.execute(sql: "PRAGMA foreign_keys = ON") }
        try db.inTransaction(.immediate) {
            // Another process may have been quicker.
            guard try isEmpty(db) else { return .rollback }
            try db.execute(
                sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)"
            )
            for step in steps {
                try step.migrate(db)
                try db.execute(
                    sql: "INSERT INTO grdb_migrations (identifier) VALUES (?)",
                    arguments: [step.name]
                )
            }
            return .commit
        }
    }

    private static func isEmpty(_ db: Database) throws -> Bool {
        try db.number("SELECT count(*) FROM sqlite_master") == 0
    }
}
