import GRDB

extension Migrations {
    /// The journal: what small commits heard, in the order of their coming, until it is carried to
    /// `seen`, `manifestHour` and `tagHour`.
    ///
    /// `keys` are rows of `seen`, `credits` what they count for; both are words of eight bytes,
    /// least significant first, as `JournalPage` writes them.
    static func createJournal(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE journal (
                    id INTEGER PRIMARY KEY,
                    keys BLOB NOT NULL CHECK (length(keys) % 32 = 0),
                    credits BLOB NOT NULL CHECK (length(credits) % 24 = 0)
                ) STRICT;
                """
        )
    }
}
