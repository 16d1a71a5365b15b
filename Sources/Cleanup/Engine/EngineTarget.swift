package import RegistryClients

/// One engine as the cleanup sees it.
package struct EngineTarget: Sendable {
    package var name: String
    package var client: EngineClient
    /// What is pruned; empty for nothing.
    package var prune: [EnginePart]
    package var filters: EngineFilters

    package init(
        name: String,
        client: EngineClient,
        prune: [EnginePart],
        filters: EngineFilters
    ) {
        self.name = name
        self.client = client
        self.prune = prune
        self.filters = filters
    }
}
