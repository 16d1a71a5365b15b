import GRDB
import GRDBSQLite

// Statements go to SQLite directly: with short ones, of which a commit has thousands, more time is
// spent around them than in them else. None of these may begin or end a transaction, or change the
// schema, of which the database object keeps account.
extension Database {
    /// The arguments of a statement, in the order of their numbers.
    typealias Arguments = [(any ColumnValue)?]

    /// Runs `body` in one write transaction, whose own statements are compiled once per connection:
    /// in a commit of a few accesses that is a twentieth of all.
    func transaction<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try cachedStatement(sql: "BEGIN IMMEDIATE TRANSACTION").execute()
        do {
            let result = try body(self)
            try cachedStatement(sql: "COMMIT TRANSACTION").execute()
            return result
        } catch {
            // Some errors end the transaction by themselves; what was thrown first says why.
            if isInsideTransaction { try? rollback() }
            throw error
        }
    }

    /// Runs a statement that is compiled once per connection.
    func run(_ sql: String, _ arguments: Arguments = []) throws {
        let statement = try statement(sql, arguments)
        defer { statement.end() }
        while try statement.next() {}
    }

    /// The first row of a statement that is compiled once per connection.
    func row(_ sql: String, _ arguments: Arguments = []) throws -> FoundRow? {
        try first(sql, arguments) { $0.copy }
    }

    /// All rows of a statement that is compiled once per connection.
    func rows(_ sql: String, _ arguments: Arguments = []) throws -> [FoundRow] {
        var rows: [FoundRow] = []
        try forEach(sql, arguments) { rows.append($0.copy) }
        return rows
    }

    /// Hands over each row of a statement that is compiled once per connection; none is kept.
    func forEach(
        _ sql: String,
        _ arguments: Arguments = [],
        _ body: (RowInHand) throws -> Void
    ) throws {
        let statement = try statement(sql, arguments)
        defer { statement.end() }
        while try statement.next() { try body(statement.row) }
    }

    /// What `read` makes of the first row, before the statement ends; nil where there is none.
    func first<Result>(
        _ sql: String,
        _ arguments: Arguments = [],
        _ read: (RowInHand) throws -> Result
    ) throws -> Result? {
        let statement = try statement(sql, arguments)
        defer { statement.end() }
        return try statement.next() ? read(statement.row) : nil
    }

    /// The first column of the first row, or nil where there is no row, or NULL.
    func number(_ sql: String, _ arguments: Arguments = []) throws -> Int64? {
        try first(sql, arguments) { $0[0] as Int64? } ?? nil
    }

    /// The first column of all rows.
    func numbers(_ sql: String, _ arguments: Arguments = []) throws -> [Int64] {
        var numbers: [Int64] = []
        try forEach(sql, arguments) { numbers.append($0[0]) }
        return numbers
    }

    private func statement(_ sql: String, _ arguments: Arguments) throws -> Statement {
        let statement = try cachedStatement(sql: sql)
        statement.bind(arguments)
        return statement
    }
}

extension Statement {
    /// The row that it stands at.
    var row: RowInHand { RowInHand(sqliteStatement) }

    /// Goes on to the next row; false when there is none.
    func next() throws -> Bool {
        switch sqlite3_step(sqliteStatement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw failure(code)
        }
    }

    /// Makes it ready to run once more.
    func end() { sqlite3_reset(sqliteStatement) }

    func bind(_ arguments: Database.Arguments) {
        precondition(arguments.count == sqlite3_bind_parameter_count(sqliteStatement), sql)
        for (index, argument) in arguments.enumerated() {
            let number = Int32(index) + 1
            if let argument {
                argument.bind(to: sqliteStatement, number)
            } else {
                sqlite3_bind_null(sqliteStatement, number)
            }
        }
    }

    /// What the database says of a step that failed.
    func failure(_ code: Int32) -> DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: code),
            message: sqlite3_errmsg(sqlite3_db_handle(sqliteStatement)).map { String(cString: $0) },
            sql: sql
        )
    }
}
