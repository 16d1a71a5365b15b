import GRDB
package import RegistryModel

extension Ledger {
    /// The rows of some repositories, by name; those that were never heard of are left out.
    package func rows(
        of names: [RepositoryName],
        in registry: RegistryRow
    ) async throws -> [Int64] {
        try await read("look up repositories in") { db in
            try Set(names.map(\.description)).sorted().compactMap { name in
                try db.number(
                    "SELECT id FROM repository WHERE registryId = ? AND name = ?",
                    [registry.id, name]
                )
            }
        }
    }
}
