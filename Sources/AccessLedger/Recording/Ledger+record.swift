import GRDB
package import RegistryModel

extension Ledger {
    /// Records deliveries in one transaction; when it returns they are on the disk.
    ///
    /// Delivered twice, they count once. Either all of them are recorded or, on an error, none.
    /// Reads by those on `ignoreList` do not count as use; `now` is the time of the commit. The
    /// calling thread waits for the disk, so it must not be one of those that tasks run on.
    package func record(
        _ deliveries: [Delivery],
        ignoring ignoreList: AccessIgnoreList,
        now: Timestamp
    ) throws -> RecordedBatch {
        do {
            var isRepeated = false
            let (outcome, rows, write) = try transactionHere("record accesses in") { db in
                if isRepeated { forgetRecent() }
                isRepeated = true
                let version = try db.cachedStatement(sql: "PRAGMA data_version").number()
                let (rows, write) = rowMemory.take(version: version)
                let usesJournal = Self.isSmall(deliveries)
                try Self.prepareJournal(db, rows, keepsIt: usesJournal)
                var recorder = BatchRecorder(
                    db: db,
                    recentReads: recentReads,
                    freshNames: freshNames,
                    ignoreList: ignoreList,
                    known: rows,
                    usesJournal: usesJournal
                )
                for delivery in deliveries { try recorder.record(delivery) }
                try recorder.finish(now: now)
                return (recorder.outcome, recorder.isUnsettled ? KnownRows() : rows, write)
            }
            rowMemory.leave(rows, of: write)
            return outcome
        } catch {
            // What was noted may speak of rows that were never committed.
            pool.writeWithoutTransaction { _ in forgetRecent() }
            throw error
        }
    }

    private func forgetRecent() {
        recentReads.forgetAll()
        freshNames.forgetAll()
    }

    /// Whether the deliveries are few enough to gain from the journal; many fill pages of their own.
    private static func isSmall(_ deliveries: [Delivery]) -> Bool {
        var accesses = 0
        for delivery in deliveries {
            accesses += delivery.body.accesses.count
            if accesses > mostJournaledAtOnce { return false }
        }
        return true
    }

    /// Carries the journal over when it is full, or not wanted, or holds what this process does not
    /// know of.
    private static func prepareJournal(_ db: Database, _ rows: KnownRows, keepsIt: Bool) throws {
        if keepsIt, rows.knowsJournal, rows.recent.journaled < longestJournal { return }
        if try Journal(db: db).fold() { rows.forgetUses() }
        rows.bound()
        if keepsIt, rows.knowsJournal {
            rows.recent.journalIsEmpty()
        } else {
            rows.recent = .init()
        }
        rows.knowsJournal = true
    }

    /// Accesses of one commit: with more of them, writing twice costs more than it saves.
    private static let mostJournaledAtOnce = 256
    /// Accesses in the journal: to carry them over takes two milliseconds, and webhooks wait meanwhile.
    private static let longestJournal = 1_024
}
