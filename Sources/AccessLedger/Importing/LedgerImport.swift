import Foundation
import GRDB
package import RegistryModel

/// Adds old logs to a registry's history: each record once, whatever was heard of it before.
///
/// Its calls wait for the disk, on the caller's thread. Beside it a daemon may write to the same
/// ledger. It says nothing of whether the registry is heard at present: it returns no probes, and
/// counts no pushes for triggers.
package final class LedgerImport {
    /// What became of the records.
    package struct Sums: Sendable, Equatable {
        /// Counted now.
        package var accepted = 0
        /// Counted before.
        package var duplicates = 0
        /// Well-formed, and about no use of a manifest.
        package var ignored = 0
        /// Not understood.
        package var rejected = 0
        /// Older than what is still remembered.
        package var tooOld = 0
        package var first: Timestamp?
        package var last: Timestamp?

        package init() {}
    }

    package private(set) var sums = Sums()
    let ledger: Ledger
    let registry: RegistryRow
    let now: Timestamp
    private let keys: KeySpans
    var spans = ImportedSpans()
    /// The log that is read, and logs that were read whole, of which earlier doubts are no more.
    var log = LogInHand(NotedLog(place: ""))
    var settled: Set<Int64> = []
    /// Logs whose last lines are not complete, and when those may have been.
    var unfinished: [(log: NotedLog, range: ClosedRange<Timestamp>)] = []
    /// Logs that were read to their ends, or left out.
    var read: Set<Int64> = []
    /// Logs that could not be read, and how far they were.
    var held: [Int64: Int64] = [:]
    /// The places of logs of which something was read.
    private(set) var begun: Set<String> = []
    /// Logs that were read of which something is noted.
    var mentioned: Set<Int64> = []
    /// The time that the import covers, as far as it reaches.
    package internal(set) var covered: [ClosedRange<Timestamp>] = []
    /// The time in which something was not understood.
    package internal(set) var doubts: [ImportDoubt] = []
    private(set) var clock: ImportedChunk.Clock?
    /// What is not stored yet.
    private var pending: [ImportedChunk] = []
    private var owner = KeySet.known
    private var recent = RecentRecords()
    private var known = KnownRows()
    private var moves = TagMoves()
    private var names = ImportNames()
    private var version: Int64?
    private var pendingUses = JournalSums()
    private let began = ContinuousClock.now
    private var lastRaise = ContinuousClock.now
    /// Whether anything can be missed, once it was asked for.
    private var hasRemovals: Bool?
    private var isCarryingOver = false

    package init(_ ledger: Ledger, registry: RegistryRow, now: Timestamp) {
        self.ledger = ledger
        self.registry = registry
        self.now = now
        keys = KeySpans(registryId: registry.id)
    }

    /// How stamps of this registry's logs are to be read; accesses older than `history` are dropped.
    package func clock(history: Span) throws -> ImportedChunk.Clock {
        let clock = ImportedChunk.Clock(
            offset: try ledger.clockOffset(ofLogOf: registry),
            now: now,
            horizon: (now - history).startOfHour
        )
        self.clock = clock
        return clock
    }

    /// Begins a log; `position` is how far it was read before, if it was.
    package func begin(_ log: NotedLog, after position: LogPosition?) {
        owner += 1
        recent = RecentRecords(position)
        let clock = clock ?? .init(now: now, horizon: now)
        // What was read before is the same log, as far as coverage goes.
        spans.begin(log.place, after: position?.lastLine, clock)
        self.log = LogInHand(log, after: position?.lastLine.map(clock.time(of:)))
        mentioned.insert(log.id)
        begun.insert(log.place)
    }

    /// Takes the next piece of the log.
    package func add(_ chunk: ImportedChunk) {
        var chunk = chunk
        chunk.translation = names.translation(of: chunk)
        if var before = pending.popLast() {
            before.markChecks(ofNext: chunk)
            before.settle()
            pending.append(before)
        }
        pending.append(chunk)
    }

    /// Stores everything that was taken, and with it how far the log was read.
    ///
    /// `holdingLast` leaves the newest piece for later, while the log goes on: what follows may tell
    /// that its reads are part of a push. `position` is that of the pieces which are stored.
    package func store(_ position: LogPosition?, holdingLast: Bool = false) throws {
        if !isCarryingOver { try carryOver() }
        let held = holdingLast ? pending.popLast() : nil
        let chunks = pending
        var isRepeated = false
        var outcome = sums
        do {
            try ledger.transactionHere("import accesses into") { db in
                // What is in memory can't be set back; the next import goes on from the last commit.
                guard !isRepeated else { throw DatabaseError(resultCode: .SQLITE_FULL) }
                isRepeated = true
                outcome = try store(chunks, position, db)
            }
        } catch let error as DatabaseError {
            throw LedgerError(error, operation: "import accesses into", path: ledger.path)
        }
        sums = outcome
        pending = []
        if names.isLarge { names = ImportNames() }
        if var held {
            held.translation = names.translation(of: held)
            pending = [held]
        }
    }

    /// Lets SQLite carry its log over to the ledger's file early: what is imported is seldom written
    /// twice, and a short log is gone sooner at the end.
    private func carryOver() throws {
        isCarryingOver = true
        try Ledger.reporting("import accesses into", ledger.path) {
            try ledger.pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA wal_autocheckpoint = \(Self.pagesPerCheckpoint)")
            }
        }
    }

    /// How far the present log was read, with its newest records.
    package func described(_ position: LogPosition?) -> LogPosition? {
        guard var position else { return nil }
        recent.describe(&position)
        return position
    }

    private func store(
        _ chunks: [ImportedChunk],
        _ position: LogPosition?,
        _ db: Database
    ) throws -> Sums {
        var sums = sums
        try Journal(db: db).fold()
        try refresh(db)
        try keys.begin(db)
        // Records before the point from which the log is read on belong to the same log.
        try keys.own(recent.keys, at: recent.stamp, by: owner, db)
        var recorder = BatchRecorder(
            db: db,
            recentReads: ledger.recentReads,
            freshNames: ledger.freshNames,
            ignoreList: AccessIgnoreList(),
            known: known,
            usesJournal: false
        )
        var writer = ImportWriter(
            delivery: Delivery(
                registry: registry,
                source: .log,
                body: DecodedBody(),
                receivedAt: now
            ),
            names: names,
            moves: moves
        )
        var merged = MergedUses()
        for chunk in chunks { try store(chunk, writer.delivery, &recorder, &merged, &sums) }
        try writer.write(&merged, &recorder)
        moves = writer.moves
        try raise(writer.raised, db)
        try keys.store(db)
        // What is piped in may have been written since.
        let now = self.now + .seconds((ContinuousClock.now - began).components.seconds)
        let offset = clock?.offset ?? 0
        for chunk in chunks {
            spans.add(chunk, of: log.log.place, offset: offset, now: now)
            log.add(chunk)
        }
        try spans.store(registry.id, now, db)
        let shift = Span(milliseconds: Int64(clamping: offset.magnitude))
        try log.store(registry.id, now, shift: shift, db)
        if var position {
            recent.describe(&position)
            try LogPositions(db: db).save(position, of: registry.id, at: now)
        }
        sums.first = spans.first
        sums.last = spans.last
        return sums
    }

    private func store(
        _ chunk: ImportedChunk,
        _ delivery: Delivery,
        _ recorder: inout BatchRecorder,
        _ merged: inout MergedUses,
        _ sums: inout Sums
    ) throws {
        sums.ignored += chunk.ignored
        sums.rejected += chunk.rejected
        sums.tooOld += chunk.tooOld
        for rejection in chunk.rejections { try recorder.keep(rejection, of: delivery) }
        guard let translation = chunk.translation else { return }
        let places = merged.places(of: chunk, translation)
        var accepted = 0
        // Out of the object, where each use of it would be checked.
        var recent = recent
        self.recent = RecentRecords()
        defer { self.recent = recent }
        try keys.take(chunk.records, by: owner, recorder.db) { record, key, isNew in
            recent.note(key, at: record.stamp)
            guard isNew else { return }
            accepted += 1
            if !record.isCheck { merged.note(places[Int(record.use)], at: record.time) }
        }
        sums.accepted += accepted
        sums.duplicates += chunk.records.count - accepted
        try store(chunk.misses, delivery, &recorder)
    }

    /// Notes requests for what was removed before; each once, as accesses are.
    private func store(
        _ misses: [(miss: Miss, time: Timestamp)],
        _ delivery: Delivery,
        _ recorder: inout BatchRecorder
    ) throws {
        guard !misses.isEmpty else { return }
        let hasRemovals = try hasRemovals ?? recorder.hasRemovals()
        self.hasRemovals = hasRemovals
        guard hasRemovals else { return }
        for (miss, time) in misses {
            try recorder.record(miss, at: time, of: delivery) { recorder throws in
                let stamp = miss.access.time.milliseconds
                return try keys.take(miss.access.key, at: stamp, by: owner, recorder.db).isNew
            }
        }
    }

    /// Forgets what others may have changed meanwhile.
    private func refresh(_ db: Database) throws {
        let version = try db.number("PRAGMA data_version") ?? 0
        if version != self.version {
            known = KnownRows()
            moves = TagMoves()
        }
        known.bound()
        self.version = version
    }

    /// Lets the rows' own last access follow, now and then: that costs ten times as much as the hours.
    private func raise(_ raised: [CountedRow: Int64], _ db: Database) throws {
        pendingUses.raise(raised)
        guard ContinuousClock.now - lastRaise > Self.raiseInterval else { return }
        try raiseNow(db)
    }

    private func raiseNow(_ db: Database) throws {
        if try Journal(db: db).raise(pendingUses) { known.forgetUses() }
        pendingUses = JournalSums()
        lastRaise = ContinuousClock.now
    }

    /// Ends the import; with `vouched` for the time in which somebody says that the logs are whole.
    ///
    /// Nothing is covered, whoever vouches for it, unless it `isWhole`, and all logs that this and
    /// earlier imports were to read were read to their ends.
    package func finish(
        vouched: ClosedRange<Timestamp>? = nil,
        isWhole: Bool = true
    ) throws {
        spans.isWhole = isWhole
        do {
            try ledger.transactionHere("end an import into") { db in
                try Journal(db: db).fold()
                try raiseNow(db)
                try cover(vouched, db)
            }
        } catch let error as DatabaseError {
            throw LedgerError(error, operation: "end an import into", path: ledger.path)
        }
    }

    private static let raiseInterval = Duration.seconds(5)
    /// Of three commits or so.
    private static let pagesPerCheckpoint = 2_048
}
