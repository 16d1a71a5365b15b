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
            throw failure(code)
        }
        return sqlite3_column_int64(sqliteStatement, 0)
    }

    private func step() throws {
        let code = sqlite3_step(sqliteStatement)
        sqlite3_reset(sqliteStatement)
        guard code == SQLITE_DONE || code == SQLITE_ROW else { throw failure(code) }
    }
}
