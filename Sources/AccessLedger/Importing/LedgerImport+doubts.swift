import GRDB
package import RegistryModel

// What an import could not understand, and what it covers all the same.
extension LedgerImport {
    /// Why its lines cover nothing, if so.
    package var refusal: CoverageRefusal? { spans.refusal }

    /// The registry's logs in which imports did not understand something.
    package func doubtfulLogs() throws -> [NotedLog] {
        try ledger.readHere("look for doubtful logs in") { db in
            try DoubtRows(db: db, registryId: registry.id).logs()
        }
    }

    /// The registry's logs that imports were to read and did not read to their ends.
    package func unreadLogs() throws -> [NotedLog] {
        try ledger.readHere("look for unread logs in") { db in
            try UnreadRows(db: db, registryId: registry.id).all()
        }
    }

    /// Notes logs that are to be read: what is imported waits for them, also if this import is killed.
    package func expect(_ logs: [NotedLog]) throws {
        do {
            try ledger.transactionHere("note logs in") { db in
                let rows = UnreadRows(db: db, registryId: registry.id)
                for log in logs { try rows.note(log, at: now) }
            }
        } catch let error as DatabaseError {
            throw LedgerError(error, operation: "note logs in", path: ledger.path)
        }
    }

    /// Notes that nothing waits for these logs any more: they were read to their ends, or somebody says
    /// that what is in them does not matter.
    package func release(_ logs: [NotedLog]) { read.formUnion(logs.map(\.id)) }

    /// Notes that these could not be read to their ends, whatever else has their beginning; what is
    /// damaged could be read up to the `fault`.
    package func hold(_ logs: [NotedLog], fault: Int64 = 0) {
        for log in logs { held[log.id] = fault }
    }

    /// Notes by what the present log is known again, and how far it is read.
    package func note(head: [UInt8], length: Int, offset: Int64) {
        log.log.head = head
        log.log.headLength = length
        log.log.offset = offset
    }

    /// Notes that the present log is one of these, of which something is noted.
    package func mention(_ logs: [NotedLog]) { mentioned.formUnion(logs.map(\.id)) }

    /// Notes that these were read again whole, so that what was in doubt of them is so no more.
    package func settle(_ logs: [NotedLog]) { settled.formUnion(logs.map(\.id)) }

    /// Notes that the last line of the present log is not complete and was not read.
    ///
    /// It was written until `time`; `known` is how far the log was read, and by what it is known again.
    package func leaveUnfinished(_ known: LogPosition, until time: Timestamp) {
        var noted = NotedLog(place: log.log.place, dialect: NotedLog.unfinished)
        noted.head = known.head
        noted.headLength = known.headLength
        noted.offset = known.offset
        let shift = Span(milliseconds: Int64(clamping: (clock?.offset ?? 0).magnitude))
        let range = log.behindTheLast(until: min(time, now), shift: shift)
        unfinished.append((noted, range))
        mentioned.insert(noted.id)
    }

    /// Covers what was read, but for what is in doubt of any log of the registry.
    func cover(_ vouched: ClosedRange<Timestamp>?, _ db: Database) throws {
        let rows = DoubtRows(db: db, registryId: registry.id)
        for id in settled { try rows.forget(id) }
        for (log, range) in unfinished { try rows.note([range], of: log) }
        let waiting = UnreadRows(db: db, registryId: registry.id)
        for id in read.subtracting(held.keys) { try waiting.forget(id) }
        for (id, offset) in held { try waiting.note(id, readTo: offset) }
        self.spans.unread = try waiting.all().map { log in
            // What lies there now was read, and is another one.
            let isReplaced = begun.contains(log.place) && held[log.id] == nil
            return isReplaced ? "\(log.place) (what was there before)" : log.place
        }
        if let vouched, self.spans.isRead { self.spans.vouch(vouched) }
        let spans = try spans.finish(registry.id, now, db)
        covered = spans.without(hoursOf: try rows.hours())
        doubts = try rows.all().filter { log, doubt in
            mentioned.contains(log) || vouched?.overlaps(doubt.range) ?? false
                || spans.contains { $0.touches(hoursOf: doubt.range) }
        }.map(\.doubt)
    }
}

extension ClosedRange<Timestamp> {
    fileprivate func touches(hoursOf other: ClosedRange<Timestamp>) -> Bool {
        lowerBound.hour <= other.upperBound.hour && other.lowerBound.hour <= upperBound.hour
    }
}
