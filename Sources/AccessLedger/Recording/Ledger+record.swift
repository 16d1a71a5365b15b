package import RegistryModel

extension Ledger {
    /// Records deliveries in one transaction; when it returns they are on the disk.
    ///
    /// Delivered twice, they count once. Either all of them are recorded or, on an error, none.
    /// Reads by those on `ignoreList` do not count as use; `now` is the time of the commit.
    package func record(
        _ deliveries: [Delivery],
        ignoring ignoreList: AccessIgnoreList,
        now: Timestamp
    ) async throws -> RecordedBatch {
        let recentReads = recentReads
        let rowMemory = rowMemory
        do {
            let (outcome, rows, write) = try await write("record accesses in") { db in
                let version = try db.number("PRAGMA data_version") ?? 0
                let (rows, write) = rowMemory.take(version: version)
                var recorder = BatchRecorder(
                    db: db,
                    recentReads: recentReads,
                    ignoreList: ignoreList,
                    known: rows
                )
                for delivery in deliveries { try recorder.record(delivery) }
                try recorder.finish(now: now)
                let known = recorder.isUnsettled ? KnownRows() : recorder.known
                return (recorder.outcome, known, write)
            }
            rowMemory.leave(rows, of: write)
            return outcome
        } catch {
            // What was noted may speak of rows that were never committed.
            _ = try? await write("forget reads in") { _ in recentReads.forgetAll() }
            throw error
        }
    }
}
