import Foundation
import GRDBSQLite

/// What a column of the ledger's tables holds, or an argument of a statement.
protocol ColumnValue {
    init(_ column: some Column)

    /// Sets an argument; SQLite keeps a copy.
    func bind(to statement: OpaquePointer, _ index: Int32)
}

extension Int64: ColumnValue {
    init(_ column: some Column) { self = column.integer }

    func bind(to statement: OpaquePointer, _ index: Int32) {
        sqlite3_bind_int64(statement, index, self)
    }
}

extension Int: ColumnValue {
    init(_ column: some Column) { self.init(column.integer) }

    func bind(to statement: OpaquePointer, _ index: Int32) {
        sqlite3_bind_int64(statement, index, Int64(self))
    }
}

extension Bool: ColumnValue {
    init(_ column: some Column) { self = column.integer != 0 }

    func bind(to statement: OpaquePointer, _ index: Int32) {
        sqlite3_bind_int64(statement, index, self ? 1 : 0)
    }
}

extension Double: ColumnValue {
    init(_ column: some Column) { self = column.real }

    func bind(to statement: OpaquePointer, _ index: Int32) {
        sqlite3_bind_double(statement, index, self)
    }
}

extension String: ColumnValue {
    init(_ column: some Column) { self = column.text }

    func bind(to statement: OpaquePointer, _ index: Int32) {
        var text = self
        text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { chars in
                // An empty one may have no address, which would bind NULL.
                guard let start = chars.baseAddress, !chars.isEmpty else {
                    sqlite3_bind_text(statement, index, "", 0, isCopied)
                    return
                }
                sqlite3_bind_text(statement, index, start, Int32(chars.count), isCopied)
            }
        }
    }
}

extension Data: ColumnValue {
    init(_ column: some Column) { self = column.blob }

    func bind(to statement: OpaquePointer, _ index: Int32) {
        withUnsafeBytes { AccessLedger.bind($0, to: statement, index) }
    }
}

extension [UInt8]: ColumnValue {
    init(_ column: some Column) { self.init(column.blob) }

    func bind(to statement: OpaquePointer, _ index: Int32) {
        withUnsafeBytes { AccessLedger.bind($0, to: statement, index) }
    }
}

extension Optional: ColumnValue where Wrapped: ColumnValue {
    init(_ column: some Column) { self = column.isNull ? nil : Wrapped(column) }

    func bind(to statement: OpaquePointer, _ index: Int32) {
        if let self {
            self.bind(to: statement, index)
        } else {
            sqlite3_bind_null(statement, index)
        }
    }
}

private func bind(
    _ bytes: UnsafeRawBufferPointer,
    to statement: OpaquePointer,
    _ index: Int32
) {
    guard let start = bytes.baseAddress, !bytes.isEmpty else {
        sqlite3_bind_zeroblob(statement, index, 0)
        return
    }
    sqlite3_bind_blob(statement, index, start, Int32(bytes.count), isCopied)
}

/// `SQLITE_TRANSIENT`: SQLite takes a copy at once.
private let isCopied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
