import Foundation
import GRDB
import Synchronization

// For a daemon, which has the ledger open for months: nothing is written to a file that nobody finds,
// and nothing over one that somebody has restored.
extension Ledger {
    /// From now on refuses to write when its file is moved, removed, replaced or written over.
    package func guardFile() throws {
        try Self.reporting("open", path) {
            // The number of this start has to be in the file itself.
            try pool.writeWithoutTransaction { _ = try $0.checkpoint(.passive) }
        }
        guarded.withLock { $0 = LedgerFile(path: path) }
    }

    /// Why nothing can be written to the file any more; nil while it lies where it should.
    package var displacement: String? {
        guarded.withLock(\.self)?.displacement.map { error("write to", $0).description }
    }

    func checkFile(_ operation: String) throws(LedgerError) {
        guard let displacement = guarded.withLock(\.self)?.displacement else { return }
        throw error(operation, displacement)
    }

    private func error(_ operation: String, _ displacement: LedgerFile.Displacement) -> LedgerError
    {
        LedgerError(
            kind: .displaced,
            operation: operation,
            subject: path,
            advice: displacement.advice
        )
    }

    /// Leaves what lies at the path to who put it there, once the file is displaced.
    ///
    /// The log of what is not in the file yet (`-wal`) would be taken for that of the new one: it goes
    /// into the file that was moved away, or beside a file that was written over. The connections are
    /// never closed: at the end of the last one SQLite writes to the file, and removes the log.
    package func letGo() {
        guard let displacement = guarded.withLock(\.self)?.letGo() else { return }
        _ = Unmanaged.passRetained(pool)
        switch displacement {
        case .gone, .replaced:
            _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        case .overwritten:
            for end in ["-wal", "-shm"] { rename(path + end, "\(path)\(end).former") }
        }
    }

    /// Puts the next number into the header of the file.
    static func count(_ db: Database) throws {
        let last = try db.number("PRAGMA application_id") ?? 0
        let next = last >= 1 && last < Int64(Int32.max) ? last + 1 : 1
        try db.execute(sql: "PRAGMA application_id = \(next)")
    }
}
