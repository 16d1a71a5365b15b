import GRDB
package import RegistryModel

// What has to be known before a registry's own collector runs.
extension Ledger {
    /// When anything was heard of a registry for the last time.
    package func lastHeard(of registry: RegistryRow) async throws -> Timestamp? {
        try await write("read what was heard from") { db in
            try db.number("SELECT max(lastAt) FROM heard WHERE registryId = ?", [registry.id])
                .map(Timestamp.init(milliseconds:))
        }
    }

    /// When a registry was pushed to for the last time, as far as anybody heard.
    package func lastPush(of registry: RegistryRow) async throws -> Timestamp? {
        try await write("read the pushes from") { db in
            try db.number("SELECT max(pushedAt) FROM manifest WHERE registryId = ?", [registry.id])
                .map(Timestamp.init(milliseconds:))
        }
    }

    /// Whether a registry has images for several platforms, as far as they were read.
    package func hasIndexes(_ registry: RegistryRow) async throws -> Bool {
        try await read("look for indexes in") { db in
            try db.number(
                """
                SELECT EXISTS (
                    SELECT 1 FROM manifestChild AS c JOIN manifest AS m ON m.id = c.parentId
                    WHERE m.registryId = ? AND m.goneAt IS NULL
                )
                """,
                [registry.id]
            ) == 1
        }
    }
}
