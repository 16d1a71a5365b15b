import GRDB
import GRDBSQLite

extension Statement {
    /// Gives the first column of the first row to `body`, where there is one: a blob, for a blob.
    ///
    /// What `body` is given is there until it returns.
    func blob(of key: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) throws {
        defer { sqlite3_reset(sqliteStatement) }
        // The key stays where it is until the statement is reset.
        sqlite3_bind_blob(sqliteStatement, 1, key.baseAddress, Int32(key.count), nil)
        switch sqlite3_step(sqliteStatement) {
        case SQLITE_ROW: body(column(0))
        case SQLITE_DONE: return
        case let code: throw failure(code)
        }
    }

    /// Gives the first two columns of each row, both blobs, to `body`; of a statement without
    /// arguments.
    func eachBlobs(
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void
    ) throws {
        defer { sqlite3_reset(sqliteStatement) }
        while true {
            switch sqlite3_step(sqliteStatement) {
            case SQLITE_ROW: body(column(0), column(1))
            case SQLITE_DONE: return
            case let code: throw failure(code)
            }
        }
    }

    private func column(_ index: Int32) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: sqlite3_column_blob(sqliteStatement, index),
            count: Int(sqlite3_column_bytes(sqliteStatement, index))
        )
    }
}
