/// A kind of thing that an engine prunes; the word is the one of the settings.
package enum EnginePart: String, Sendable, Hashable, CaseIterable {
    case images
    case containers
    case networks
    case volumes
    case buildCache

    /// What items and events call one of it (design, section 5.10).
    package var kind: String {
        switch self {
        case .images: "image"
        case .containers: "container"
        case .networks: "network"
        case .volumes: "volume"
        case .buildCache: "builder"
        }
    }
}
