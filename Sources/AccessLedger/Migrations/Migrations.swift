import GRDB

/// All changes of the schema, in order; a released one is never touched again.
enum Migrations {
    static var all: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1", migrate: createFirstSchema)
        migrator.registerMigration("v2", migrate: createJournal)
        migrator.registerMigration("v3", migrate: createStorageTables)
        migrator.registerMigration("v4", migrate: countPushesOfEachTrigger)
        migrator.registerMigration("v5", migrate: rememberSenders)
        migrator.registerMigration("v7", migrate: rememberLogs)
        migrator.registerMigration("v8", migrate: countWhatSocketsTake)
        migrator.registerMigration("v9", migrate: createEngineTables)
        migrator.registerMigration("v10", migrate: rememberWhatRegistriesTell)
        migrator.registerMigration("v11", migrate: rememberWhenTaken)
        migrator.registerMigration("v12", migrate: rememberLabelsVersionsAndRegrets)
        migrator.registerMigration("v13", migrate: createPublishing)
        migrator.registerMigration("v17", migrate: rememberWhatEnginesPulled)
        migrator.registerMigration("v14", migrate: chooseRecordNaming)
        migrator.registerMigration("v15", migrate: rememberWhatWasNotListed)
        migrator.registerMigration("v22", migrate: letImportsWait)
        migrator.registerMigration("v19", migrate: rememberNamedBlobs)
        migrator.registerMigration("v18", migrate: rememberWhereSweepsTook)
        migrator.registerMigration("v20", migrate: rememberWhatProofsAreOf)
        migrator.registerMigration("v23", migrate: rememberDoubts)
        migrator.registerMigration("v26", migrate: compareClocks)
        migrator.registerMigration("v25", migrate: rememberDoubtsOfImports)
        return migrator
    }
}
