import Foundation
import GRDBSQLite

/// A column of a row that was found.
///
/// The ledger's tables are STRICT: a column that is read as what it was declared as holds that, or
/// NULL, which is a mistake in the program where no NULL can be.
protocol Column {
    var isNull: Bool { get }
    var integer: Int64 { get }
    var real: Double { get }
    var text: String { get }
    var blob: Data { get }
}

/// A column of the row that a statement stands at.
struct StatementColumn: Column {
    let statement: OpaquePointer
    let index: Int32

    var isNull: Bool { type == SQLITE_NULL }

    var integer: Int64 {
        precondition(!isNull)
        return sqlite3_column_int64(statement, index)
    }

    var real: Double {
        precondition(!isNull)
        return sqlite3_column_double(statement, index)
    }

    var text: String {
        precondition(!isNull)
        let start = sqlite3_column_text(statement, index)
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    var blob: Data {
        precondition(!isNull)
        guard let start = sqlite3_column_blob(statement, index) else { return Data() }
        return Data(bytes: start, count: count)
    }

    /// What it holds, to be kept.
    var copy: ColumnCopy {
        switch type {
        case SQLITE_INTEGER: .integer(integer)
        case SQLITE_FLOAT: .real(real)
        case SQLITE_TEXT: .text(text)
        case SQLITE_BLOB: .blob(blob)
        default: .null
        }
    }

    private var type: Int32 { sqlite3_column_type(statement, index) }

    /// Of a text or blob, once that was asked for.
    private var count: Int { Int(sqlite3_column_bytes(statement, index)) }
}

/// What a column held.
enum ColumnCopy: Column {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob(Data)

    var isNull: Bool {
        if case .null = self { true } else { false }
    }

    var integer: Int64 {
        guard case .integer(let value) = self else { preconditionFailure("no integer: \(self)") }
        return value
    }

    var real: Double {
        guard case .real(let value) = self else { preconditionFailure("no real: \(self)") }
        return value
    }

    var text: String {
        guard case .text(let value) = self else { preconditionFailure("no text: \(self)") }
        return value
    }

    var blob: Data {
        guard case .blob(let value) = self else { preconditionFailure("no blob: \(self)") }
        return value
    }
}
