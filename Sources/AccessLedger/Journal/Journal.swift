import GRDB
import RegistryModel

/// What small commits heard, one row a commit, until it is carried to the tables.
///
/// A pull changes three rows on three pages, and its neighbours in the same commit change others: the
/// journal takes them all on one page, and carries thousands over at once, page by page. What it
/// holds is on the disk and counts; whoever reads counts adds `sums`, whoever else writes carries it
/// over first. Both happen in one transaction, so nothing is counted twice or forgotten, whichever
/// process does it.
struct Journal {
    let db: Database

    func append(_ page: JournalPage) throws {
        try db.run(
            "INSERT INTO journal (keys, credits) VALUES (?, ?)",
            [page.storedKeys, page.storedCredits]
        )
    }

    /// What the journal counts.
    func sums() throws -> JournalSums {
        var sums = JournalSums()
        try forEachPage { sums.add($0) }
        return sums
    }

    /// Carries everything over; true when it changed the last access of other rows than were used.
    @discardableResult
    func fold() throws -> Bool {
        var sums = JournalSums(room: Self.usualRows)
        var keys: [SeenKey] = []
        try forEachPage { page in
            keys += page.keys
            sums.add(page)
        }
        guard !keys.isEmpty || !sums.hours.isEmpty else { return false }
        try write(keys)
        try write(sums)
        let isFurther = try raise(sums)
        try db.run("DELETE FROM journal")
        return isFurther
    }

    /// Rows that the accesses of a full journal are credited to.
    private static let usualRows = 1_024

    private func forEachPage(_ body: (JournalPage) -> Void) throws {
        try db.forEach("SELECT keys, credits FROM journal ORDER BY id") { row in
            body(JournalPage(keys: row[0], credits: row[1]))
        }
    }

    private func write(_ keys: [SeenKey]) throws {
        let statement = try SeenKey.insertion(db)
        for key in keys.sorted() {
            try statement.execute(words: key.words)
        }
    }

    func write(_ sums: JournalSums) throws {
        let writer = UseWriter(db: db)
        let statements = try (
            manifest: writer.addition(to: .manifest), tag: writer.addition(to: .tag)
        )
        for (row, hours) in sums.hours.sorted(by: { $0.key < $1.key }) {
            let statement = row.kind == .tag ? statements.tag : statements.manifest
            for (hour, sum) in hours {
                let counts = sum.counts
                try statement.execute(words: [
                    row.id, hour.hour, Int64(hour.source), Int64(counts.pulls),
                    Int64(counts.resolves), Int64(counts.pushes), sum.lastAt,
                ])
            }
        }
    }

    func raise(_ sums: JournalSums) throws -> Bool {
        let writer = UseWriter(db: db)
        var isFurther = false
        for (row, time) in sums.raised.sorted(by: { $0.key < $1.key }) {
            switch row.kind {
            case .tag: try writer.raise(tag: row.id, to: time)
            case .manifest:
                if try !writer.raise(manifest: row.id, to: time).isEmpty { isFurther = true }
            }
        }
        return isFurther
    }
}

extension SeenKey {
    /// Adds a key, or does nothing where it is known.
    static func insertion(_ db: Database) throws -> Statement {
        try db.cachedStatement(
            sql: "INSERT OR IGNORE INTO seen (registryId, stamp, high, low) VALUES (?, ?, ?, ?)"
        )
    }

    /// Asks whether a key was carried over from the journal, or written without it.
    func isKept(_ db: Database) throws -> Bool {
        try db.number(
            "SELECT 1 FROM seen WHERE registryId = ? AND stamp = ? AND high = ? AND low = ?",
            [registryId, stamp, high, low]
        ) != nil
    }
}
