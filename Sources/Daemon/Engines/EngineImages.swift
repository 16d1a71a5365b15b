import RegistryClients

/// The images and containers that an engine has, as far as their names matter.
struct EngineImages: Sendable {
    /// The names of an image by digest, by its id.
    private var names: [String: [String]] = [:]
    /// Ids, by tag.
    private var tagged: [String: String] = [:]
    private var containers: [EngineContainer] = []

    init() {}

    init(images: [EngineImage], containers: [EngineContainer]) {
        self.containers = containers
        for image in images {
            let id = Self.bare(image.id)
            // By digest: what runs may be older than what its tag points to in the registry.
            names[id] = image.digests
            for tag in image.tags { tagged[tag] = id }
        }
    }

    /// All that is here, by tag and by digest.
    var all: Set<String> { Set(names.values.joined()).union(tagged.keys) }

    /// What containers are made of, running or not.
    var used: Set<String> { Set(containers.flatMap { names(of: $0) }) }

    /// The names of a container's image, or nil where the container is not known.
    func names(ofContainer id: String) -> [String]? {
        containers.first { $0.id == id }.map { names(of: $0) }
    }

    func digests(ofTag tag: String) -> [String] { tagged[tag].flatMap { names[$0] } ?? [] }

    private func names(of container: EngineContainer) -> [String] {
        [container.image] + (names[Self.bare(container.imageID)] ?? [])
    }

    /// Docker writes `sha256:` before an id, Podman does not.
    private static func bare(_ id: String) -> String {
        id.hasPrefix("sha256:") ? String(id.dropFirst(7)) : id
    }
}
