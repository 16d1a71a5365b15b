import GRDB
package import RegistryModel

extension Ledger {
    /// When a daemon on this ledger last said that it lives; nil where none ever did.
    package func lastHeartbeat() async throws -> Timestamp? {
        try await read("read the heartbeat from") { db in
            try db.number("SELECT at FROM heartbeat WHERE id = 1")
                .map(Timestamp.init(milliseconds:))
        }
    }
}
