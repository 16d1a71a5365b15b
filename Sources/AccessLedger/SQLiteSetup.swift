import CSQLite

/// What holds for all databases of the process.
enum SQLiteSetup {
    /// Leaves out what nobody asks SQLite for; once, before the first database is opened.
    ///
    /// Of an import a twentieth of the processor's time went to the counts of its memory.
    static let done: Void = {
        // Where another database was opened before, they stay.
        _ = csqlite_without_memory_counts()
    }()
}
