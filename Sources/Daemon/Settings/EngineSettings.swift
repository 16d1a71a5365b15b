package import Cleanup
package import CurlTransport

/// One engine: how it is reached, and what of it is pruned.
package struct EngineSettings: Sendable, Equatable {
    /// Where an engine listens.
    package enum Place: Sendable, Equatable {
        /// A UNIX socket, by its path.
        case socket(String)
        /// `http` or `https`, without credentials and without a slash at the end.
        case url(String)
    }

    package var name: String
    package var place: Place
    /// A PEM file with the authority of its certificate, where the system does not know it.
    package var caFile: String?
    /// The certificate by which the engine is to know us.
    package var identity: ClientIdentity?
    /// What `prune` and triggers prune; empty for nothing.
    package var prune: [EnginePart]
    package var filters: EngineFilters

    package init(
        name: String,
        place: Place,
        caFile: String? = nil,
        identity: ClientIdentity? = nil,
        prune: [EnginePart] = [],
        filters: EngineFilters = EngineFilters()
    ) {
        self.name = name
        self.place = place
        self.caFile = caFile
        self.identity = identity
        self.prune = prune
        self.filters = filters
    }
}
