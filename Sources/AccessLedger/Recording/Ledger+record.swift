import GRDB
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
        do {
            let (outcome, rows, write) = try await write("record accesses in") { [self] db in
                try record(deliveries, ignoring: ignoreList, now: now, in: db)
            }
            rowMemory.leave(rows, of: write)
            return outcome
        } catch {
            // What was noted may speak of rows that were never committed.
            _ = try? await write("forget reads in") { [recentReads] _ in recentReads.forgetAll() }
            throw error
        }
    }

    /// Records one batch after the other, each in a transaction of its own, until `next` has none.
    ///
    /// The writer's thread is not left between two, so that nothing that waits for a processor comes
    /// between them; after a few it is, for others who want to write.
    ///
    /// - Parameters:
    ///   - next: Gives the deliveries of the next batch, or none to end; called on the writer.
    ///   - recorded: Called on the writer with the outcome of each batch that is on the disk.
    /// - Throws: When the batch that `next` gave last was not recorded; those before it were.
    package func record(
        ignoring ignoreList: AccessIgnoreList,
        now: @escaping @Sendable () -> Timestamp,
        next: @escaping @Sendable () -> [Delivery],
        recorded: @escaping @Sendable (RecordedBatch) -> Void
    ) async throws {
        try await pool.writeWithoutTransaction { [self] db in
            for _ in 0..<Self.batchesInARow {
                let deliveries = next()
                guard !deliveries.isEmpty else { return }
                recorded(try commit(deliveries, ignoring: ignoreList, now: now(), in: db))
            }
        }
    }

    private func commit(
        _ deliveries: [Delivery],
        ignoring ignoreList: AccessIgnoreList,
        now: Timestamp,
        in db: Database
    ) throws -> RecordedBatch {
        rowMemory.begin()
        var result: Recorded?
        do {
            try db.inTransaction {
                result = try record(deliveries, ignoring: ignoreList, now: now, in: db)
                return .commit
            }
        } catch {
            recentReads.forgetAll()
            throw error
        }
        guard let result else { return RecordedBatch() }
        rowMemory.leave(result.rows, of: result.write)
        return result.outcome
    }

    private typealias Recorded = (outcome: RecordedBatch, rows: KnownRows, write: RowMemory.Write)

    private func record(
        _ deliveries: [Delivery],
        ignoring ignoreList: AccessIgnoreList,
        now: Timestamp,
        in db: Database
    ) throws -> Recorded {
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

    /// Some milliseconds; a cleanup's own writes wait no longer.
    private static let batchesInARow = 4
}
