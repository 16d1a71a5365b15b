import Synchronization

/// Hands known rows from one commit to the next, while nobody else writes between the two.
///
/// What else this process writes is counted; what others write, SQLite's `data_version` tells.
final class RowMemory: Sendable {
    /// One write transaction, finished or not.
    struct Write: Sendable, Equatable {
        var ordinal: Int
        var version: Int64
    }

    private struct State {
        var writes = 0
        var rows: (known: KnownRows, of: Write)?
    }

    private let state = Mutex(State())

    /// Counts a write transaction; call it inside of each.
    func begin() { state.withLock { $0.writes += 1 } }

    /// The rows that the write right before this one left, or none.
    ///
    /// `version` is the file's `data_version` inside this write: another process changes it.
    func take(version: Int64) -> (rows: KnownRows, write: Write) {
        state.withLock { state in
            let write = Write(ordinal: state.writes, version: version)
            defer { state.rows = nil }
            guard let rows = state.rows,
                rows.of == Write(ordinal: write.ordinal - 1, version: version)
            else { return (KnownRows(), write) }
            return (rows.known, write)
        }
    }

    /// Leaves rows for the next write, once `write` is committed.
    func leave(_ rows: KnownRows, of write: Write) {
        state.withLock { $0.rows = (rows, write) }
    }
}
