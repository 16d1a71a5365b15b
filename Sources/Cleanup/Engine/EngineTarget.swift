package import AccessLedger
package import RegistryClients

/// One engine as the cleanup sees it.
package struct EngineTarget: Sendable {
    package var row: EngineRow
    package var client: EngineClient
    /// What is pruned; empty for nothing.
    package var prune: [EnginePart]
    package var filters: EngineFilters

    package init(
        row: EngineRow,
        client: EngineClient,
        prune: [EnginePart],
        filters: EngineFilters
    ) {
        self.row = row
        self.client = client
        self.prune = prune
        self.filters = filters
    }

    package var name: String { row.name }
}
