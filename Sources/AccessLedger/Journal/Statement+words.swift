import GRDB
import GRDBSQLite

extension Statement {
    /// Runs it with whole numbers for its arguments.
    ///
    /// For statements that run thousands of times in one transaction: to hand the arguments over as
    /// values of any type takes longer than the statement.
    func execute(words: InlineArray<2, Int64>) throws {
        for index in words.indices {
            sqlite3_bind_int64(sqliteStatement, Int32(index) + 1, words[index])
        }
        try step()
    }

    func execute(words: InlineArray<4, Int64>) throws {
        for index in words.indices {
            sqlite3_bind_int64(sqliteStatement, Int32(index) + 1, words[index])
        }
        try step()
    }

    func execute(words: InlineArray<7, Int64>) throws {
        for index in words.indices {
            sqlite3_bind_int64(sqliteStatement, Int32(index) + 1, words[index])
        }
        try step()
    }

    func execute(words: InlineArray<12, Int64>) throws {
        for index in words.indices {
            sqlite3_bind_int64(sqliteStatement, Int32(index) + 1, words[index])
        }
        try step()
    }

    /// The first column of the only row, of a statement without arguments.
    func number() throws -> Int64 {
        defer { sqlite3_reset(sqliteStatement) }
        let code = sqlite3_step(sqliteStatement)
        guard code == SQLITE_ROW else {
            throw DatabaseError(resultCode: ResultCode(rawValue: code), sql: sql)
        }
        return sqlite3_column_int64(sqliteStatement, 0)
    }

    /// The first column of the first row, or nil where there is none, for a number and a text.
    func number(of id: Int64, _ name: String) throws -> Int64? {
        defer { sqlite3_reset(sqliteStatement) }
        sqlite3_bind_int64(sqliteStatement, 1, id)
        var name = name
        return try name.withUTF8 { text in
            // It stays where it is until the statement is reset.
            let start = UnsafeRawPointer(text.baseAddress)?.assumingMemoryBound(to: CChar.self)
            sqlite3_bind_text(sqliteStatement, 2, start, Int32(text.count), nil)
            defer { sqlite3_reset(sqliteStatement) }
            switch sqlite3_step(sqliteStatement) {
            case SQLITE_ROW: return sqlite3_column_int64(sqliteStatement, 0)
            case SQLITE_DONE: return nil
            case let code: throw DatabaseError(resultCode: ResultCode(rawValue: code), sql: sql)
            }
        }
    }

    private func step() throws {
        let code = sqlite3_step(sqliteStatement)
        sqlite3_reset(sqliteStatement)
        guard code == SQLITE_DONE || code == SQLITE_ROW else {
            throw DatabaseError(resultCode: ResultCode(rawValue: code), sql: sql)
        }
    }
}
