import GRDBSQLite

/// A row of the ledger's tables, or of what was joined of them.
protocol LedgerRow {
    /// The value of a column, counted from 0.
    subscript<Value: ColumnValue>(_ index: Int) -> Value { get }
}

/// The row that a statement stands at, until it goes on.
struct RowInHand: LedgerRow {
    private let statement: OpaquePointer

    init(_ statement: OpaquePointer) { self.statement = statement }

    subscript<Value: ColumnValue>(_ index: Int) -> Value { Value(column(Int32(index))) }

    /// What it holds, to be kept.
    var copy: FoundRow {
        FoundRow(columns: (0..<sqlite3_column_count(statement)).map { column($0).copy })
    }

    private func column(_ index: Int32) -> StatementColumn {
        StatementColumn(statement: statement, index: index)
    }
}

/// A row that was found.
struct FoundRow: LedgerRow {
    let columns: [ColumnCopy]

    subscript<Value: ColumnValue>(_ index: Int) -> Value { Value(columns[index]) }
}
