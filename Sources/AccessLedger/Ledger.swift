import Foundation
import GRDB
package import RegistryModel
import Synchronization

/// The SQLite file in which every access is remembered, and all that follows from it.
///
/// In WAL mode with `synchronous=FULL`: what a call has written when it returns survives a power
/// cut. Several processes may open one file; each write is one transaction.
package final class Ledger: Sendable {
    package let path: String
    let pool: DatabasePool
    /// Reads that may turn out to be a pushing client's own checks; touched only while writing.
    let recentReads: RecentReads
    let freshNames = FreshNames()
    let rowMemory = RowMemory()
    /// Its file, once it is guarded.
    let guarded = Mutex<LedgerFile?>(nil)
    /// How whoever decodes logs for this ledger names their records.
    package let recordNaming: RecordNaming

    /// Opens the ledger at `path`, creates it where it is missing, and brings its schema up to date.
    ///
    /// `patience` is how long a write waits for that of another process.
    ///
    /// - Throws: `LedgerError`, also when a newer lastpull wrote it.
    package init(path: String, patience: Duration = Ledger.patience) throws {
        self.path = path
        recentReads = RecentReads()
        SQLiteSetup.done
        (pool, recordNaming) = try Self.reporting("open", path) {
            let pool = try DatabasePool(
                path: path,
                configuration: Self.configuration(patience)
            )
            try pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                try db.execute(sql: "PRAGMA cache_size = -\(Self.writerCacheKiB)")
                try db.execute(sql: "PRAGMA wal_autocheckpoint = \(Self.pagesPerCheckpoint)")
            }
            try pool.writeWithoutTransaction(Migrations.begin)
            let migrator = Migrations.all
            if try pool.read(migrator.hasBeenSuperseded) {
                throw LedgerError(
                    kind: .newerVersion,
                    operation: "open",
                    subject: path,
                    advice: "a newer lastpull wrote it; install that version, or name another file"
                )
            }
            try migrator.migrate(pool)
            let isUnread = "SELECT EXISTS (SELECT 1 FROM tag WHERE series IS NULL)"
            if try pool.read({ try $0.number(isUnread) }) == 1 { try pool.write(Self.readVersions) }
            return (pool, try pool.read(Self.recordNaming))
        }
    }

    /// Closes the file; calls after it fail.
    package func close() throws { try pool.close() }

    /// Runs `body` in one write transaction, before which the journal is carried over: `body` finds
    /// every access where it is counted.
    func write<Result: Sendable>(
        _ operation: String,
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        try await transaction(operation) { db in
            try Journal(db: db).fold()
            return try body(db)
        }
    }

    /// Runs `body` in one write transaction; the journal stays.
    func transaction<Result: Sendable>(
        _ operation: String,
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        let counted: @Sendable (Database) throws -> Result = { [self] db in
            try checkFile(operation)
            rowMemory.begin()
            return try body(db)
        }
        do {
            return try await pool.write(counted)
        } catch let error as DatabaseError {
            try Self.checkCancellation(error)
            try makeRoom(after: error, operation)
        }
        do {
            return try await pool.write(counted)
        } catch let error as DatabaseError {
            try Self.checkCancellation(error)
            throw LedgerError(error, operation: operation, path: path)
        }
    }

    /// Does the same on the calling thread, which waits for the disk: no other has to be woken.
    func transactionHere<Result>(
        _ operation: String,
        _ body: (Database) throws -> Result
    ) throws -> Result {
        func counted(_ db: Database) throws -> Result {
            try checkFile(operation)
            rowMemory.begin()
            return try body(db)
        }
        do {
            return try pool.writeWithoutTransaction { db in try db.transaction(counted) }
        } catch let error as DatabaseError {
            try makeRoom(after: error, operation)
        }
        do {
            return try pool.writeWithoutTransaction { db in try db.transaction(counted) }
        } catch let error as DatabaseError {
            throw LedgerError(error, operation: operation, path: path)
        }
    }

    /// Gives the reserve up where the disk was full; throws where that was not it, or does not help.
    private func makeRoom(after error: DatabaseError, _ operation: String) throws {
        let failure = LedgerError(error, operation: operation, path: path)
        guard failure.kind == .diskFull, DiskReserve(ledger: path).giveUp() else { throw failure }
    }

    /// Sets space aside for writing down a cleanup when the disk is full, where that is not done and
    /// there is plenty.
    package func reserveSpace() async {
        // Where space can't be had unwritten it is written, which takes a while.
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [path] in
                DiskReserve(ledger: path).take()
                continuation.resume()
            }
        }
    }

    /// Runs `body` on one unchanging view of the file.
    func read<Result: Sendable>(
        _ operation: String,
        _ body: @Sendable (Database) throws -> Result
    ) async throws -> Result {
        do {
            return try await pool.read { db in try body(db) }
        } catch let error as DatabaseError {
            try Self.checkCancellation(error)
            throw LedgerError(error, operation: operation, path: path)
        }
    }

    /// A statement is interrupted when its task is cancelled, and by nothing else.
    private static func checkCancellation(_ error: DatabaseError) throws {
        if error.resultCode == .SQLITE_INTERRUPT { throw CancellationError() }
    }

    /// Looks at the names of tags that an older version wrote; once, however many there are.
    private static func readVersions(_ db: Database) throws {
        while true {
            let rows = try db.rows("SELECT id, name FROM tag WHERE series IS NULL LIMIT 1000")
            guard !rows.isEmpty else { return }
            for row in rows {
                let version = TagName(row[1] as String).flatMap { VersionTag($0) }
                try db.run(
                    "UPDATE tag SET series = ?, major = ?, minor = ?, patch = ? WHERE id = ?",
                    [
                        version?.series ?? "", version?.major, version?.minor, version?.patch,
                        row[0] as Int64,
                    ]
                )
            }
        }
    }

    static func reporting<Result>(
        _ operation: String,
        _ path: String,
        _ body: () throws -> Result
    ) throws -> Result {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw LedgerError(error, operation: operation, path: path)
        }
    }

    private static func configuration(_ patience: Duration) -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(patience / .seconds(1))
        configuration.maximumReaderCount = 3
        configuration.label = "ledger"
        return configuration
    }

    /// A cleanup by hand may write for a moment.
    package static let patience = Duration.seconds(20)

    /// Pages in the log before they are carried over: hot pages are carried once for many commits.
    private static let pagesPerCheckpoint = 8_192

    /// Enough for the hot pages of the dedupe keys of a day; little beside the 100 MB of the whole.
    static let writerCacheKiB = 16_384
}
