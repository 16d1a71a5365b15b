import GRDB

/// Why the ledger could not do something.
package struct LedgerError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// A newer lastpull wrote it.
        case newerVersion
        /// It is not a ledger, or is damaged.
        case damaged
        case diskFull
        case readOnly
        case cannotOpen
        /// Another process holds it longer than `Ledger.patience`.
        case busy
        /// Its file was moved, removed, replaced or written over while it is open.
        case displaced
        /// Asked for something that is not there.
        case notFound
        case other
    }

    package var kind: Kind
    /// What was tried.
    package var operation: String
    /// The file, or the thing asked for.
    package var subject: String
    /// What to do about it, and what the database said.
    package var advice: String

    package init(kind: Kind, operation: String, subject: String, advice: String) {
        self.kind = kind
        self.operation = operation
        self.subject = subject
        self.advice = advice
    }

    package var description: String { "cannot \(operation) \(subject): \(advice)" }

    /// Says what a database error means for a person.
    init(_ error: DatabaseError, operation: String, path: String) {
        let said = error.message ?? "SQLite error \(error.resultCode.rawValue)"
        let (kind, advice): (Kind, String) =
            switch error.resultCode {
            case .SQLITE_FULL: (.diskFull, "the disk is full; free some space on its file system")
            case .SQLITE_READONLY: (.readOnly, "it is read-only; give this user the right to write")
            case .SQLITE_CANTOPEN:
                (.cannotOpen, "make its folder, or name another file (\(said))")
            case .SQLITE_BUSY, .SQLITE_LOCKED:
                (.busy, "another process is writing to it; try again")
            case .SQLITE_NOTADB, .SQLITE_CORRUPT:
                (.damaged, "it is damaged or not a ledger; restore a backup, or move it away")
            case .SQLITE_IOERR: (.diskFull, "reading or writing failed (\(said)); check the disk")
            default: (.other, said)
            }
        self.init(kind: kind, operation: operation, subject: path, advice: advice)
    }
}
