import RegistryClients

/// The images and containers that an engine has, as far as their names matter.
struct NodeImages: Sendable {
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

    /// The names of every image, by tag and by digest.
    var all: Set<[String]> {
        var all = names
        for (tag, id) in tagged { all[id, default: []].append(tag) }
        return Set(all.values.map { $0.sorted() })
    }

    /// The names of what containers are made of, running or not.
    var used: Set<[String]> { Set(containers.map { names(of: $0) }) }

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
