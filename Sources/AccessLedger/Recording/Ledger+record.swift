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
        do {
            return try await write("record accesses in") { db in
                var recorder = BatchRecorder(
                    db: db,
                    recentReads: recentReads,
                    ignoreList: ignoreList
                )
                for delivery in deliveries { try recorder.record(delivery) }
                try recorder.finish(now: now)
                return recorder.outcome
            }
        } catch {
            // What was noted may speak of rows that were never committed.
            _ = try? await write("forget reads in") { _ in recentReads.forgetAll() }
            throw error
        }
    }
}
