import GRDB
import GRDBSQLite

extension Statement {
    /// Runs it with the values that `bind` sets; for statements that run thousands of times in one
    /// transaction, as with ``execute(words:)-(InlineArray<2,_>)``, some of whose values are no numbers.
    func execute(_ bind: (inout StatementValues) throws -> Void) throws {
        var values = StatementValues(sqliteStatement)
        try bind(&values)
        let code = sqlite3_step(sqliteStatement)
        sqlite3_reset(sqliteStatement)
        guard code == SQLITE_DONE || code == SQLITE_ROW else {
            throw DatabaseError(resultCode: ResultCode(rawValue: code), sql: sql)
        }
    }

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
        case let code: throw DatabaseError(resultCode: ResultCode(rawValue: code), sql: sql)
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
            case let code: throw DatabaseError(resultCode: ResultCode(rawValue: code), sql: sql)
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

/// Sets the values of a statement, one after the other.
struct StatementValues {
    private let statement: OpaquePointer
    private var index: Int32 = 0

    fileprivate init(_ statement: OpaquePointer) { self.statement = statement }

    mutating func add(_ number: Int64?) {
        index += 1
        if let number {
            sqlite3_bind_int64(statement, index, number)
        } else {
            sqlite3_bind_null(statement, index)
        }
    }

    mutating func add(_ text: String?) {
        index += 1
        guard var text else {
            sqlite3_bind_null(statement, index)
            return
        }
        text.withUTF8 { utf8 in
            // An empty one may have no address, which would bind NULL.
            utf8.withMemoryRebound(to: CChar.self) { chars in
                guard let start = chars.baseAddress, !chars.isEmpty else {
                    sqlite3_bind_text(statement, index, "", 0, Self.copied)
                    return
                }
                sqlite3_bind_text(statement, index, start, Int32(chars.count), Self.copied)
            }
        }
    }

    mutating func add(_ bytes: [UInt8]) {
        index += 1
        bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress, !bytes.isEmpty else {
                sqlite3_bind_zeroblob(statement, index, 0)
                return
            }
            sqlite3_bind_blob(statement, index, start, Int32(bytes.count), Self.copied)
        }
    }

    /// `SQLITE_TRANSIENT`: SQLite takes a copy at once.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}
