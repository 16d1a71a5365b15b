package import RegistryClients

/// What an engine holds at one moment, as a plan needs it.
package struct EngineInventory: Sendable {
    package var usage: EngineUsage
    /// The images, with those that are only others' parents.
    package var images: [EngineImage]
    package var containers: [EngineContainer]
    package var networks: [EngineNetwork]
    /// Names of the volumes that no container mounts, by the engine's word.
    package var unusedVolumes: Set<String>
    /// Whether containers say which volumes they mount; Podman's do not.
    package var knowsMounts: Bool

    package init(
        usage: EngineUsage,
        images: [EngineImage],
        containers: [EngineContainer],
        networks: [EngineNetwork] = [],
        unusedVolumes: Set<String> = [],
        knowsMounts: Bool = true
    ) {
        self.usage = usage
        self.images = images
        self.containers = containers
        self.networks = networks
        self.unusedVolumes = unusedVolumes
        self.knowsMounts = knowsMounts
    }

    /// Asks an engine for all of it.
    ///
    /// The lists are read after the measurement, which may take minutes: they are the truth about
    /// what is in use.
    init(of client: EngineClient) async throws {
        usage = try await client.usage()
        images = try await client.images(all: true)
        networks = try await client.networks()
        let volumes = try await client.unusedVolumes()
        unusedVolumes = Set(volumes.map(\.name))
        // A volume of the list without a measurement is still one.
        let measured = Dictionary(usage.volumes.map { ($0.name, $0) }) { first, _ in first }
        usage.volumes =
            usage.volumes.map { volume in
                guard volume.created == nil,
                    let listed = volumes.first(where: { $0.name == volume.name })
                else { return volume }
                var volume = volume
                volume.created = listed.created
                volume.labels.merge(listed.labels) { own, _ in own }
                return volume
            } + volumes.filter { measured[$0.name] == nil }
        containers = try await client.containers()
        knowsMounts = try await !client.identity().isPodman
    }

    /// The images that may go at all, with their sizes: what is only a parent goes with its children.
    var measuredImages: [EngineImage] {
        let listed = Set(images.map(\.id))
        return usage.images.filter { listed.contains($0.id) }
    }

    /// Children by the id of their parent.
    var children: [String: [String]] {
        Dictionary(grouping: images.filter { $0.parent != nil }) { $0.parent ?? "" }
            .mapValues { $0.map(\.id) }
    }

    /// Ids of the images that containers are made of, besides those in `condemned`.
    func imagesInUse(besides condemned: Set<String> = []) -> Set<String> {
        var used: Set<String> = []
        let byTag = Dictionary(
            images.flatMap { image in image.tags.map { ($0, image.id) } }
        ) { first, _ in first }
        for container in containers where !condemned.contains(container.id) {
            if !container.imageID.isEmpty {
                used.insert(container.imageID)
            } else if let id = EngineImage.fullID(container.image) {
                used.formUnion([byTag[container.image] ?? id])
            }
        }
        return used
    }
}
