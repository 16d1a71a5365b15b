import CurlTransport
package import RegistryModel

extension EngineClient {
    /// What lies on the engine's disk, measured; a full engine takes minutes for it.
    package func usage() async throws(EngineError) -> EngineUsage {
        let call = call("measure the disk usage")
        let isPodman = try await identity().isPodman
        let response = try await send("GET", "/system/df", for: call)
        let wire: UsageWire = try decode(response.body, for: call)
        let images = (wire.images ?? []).compactMap(\.image)
        // Podman's compatible answer has no sum, and cuts the names off.
        return EngineUsage(
            layers: isPodman ? nil : wire.layersSize,
            images: isPodman ? try await named(images) : images,
            containers: (wire.containers ?? []).compactMap(\.container),
            volumes: (wire.volumes ?? []).compactMap(\.volume),
            cache: (wire.buildCache ?? []).compactMap(\.record)
        )
    }

    /// The images of the list, with the sizes of those measured.
    private func named(_ measured: [EngineImage]) async throws(EngineError) -> [EngineImage] {
        let sizes = Dictionary(measured.map { ($0.id, $0) }) { first, _ in first }
        return try await images(all: false).map { image in
            var image = image
            image.shared = sizes[image.id]?.shared
            image.containers = sizes[image.id]?.containers
            return image
        }
    }

    /// The images; with `all` also those that are only others' parents.
    package func images(all: Bool) async throws(EngineError) -> [EngineImage] {
        let call = call("list the images")
        let query = [("all", all ? "1" : "0")]
        let wires: [ImageWire]? = try decode(
            try await send("GET", "/images/json", query, for: call).body,
            for: call
        )
        return (wires ?? []).compactMap(\.image).map { image in
            var image = image
            image.shared = nil
            image.containers = nil
            return image
        }
    }

    /// All containers, running or not.
    package func containers() async throws(EngineError) -> [EngineContainer] {
        let call = call("list the containers")
        let wires: [ContainerWire]? = try decode(
            try await send("GET", "/containers/json", [("all", "1")], for: call).body,
            for: call
        )
        return (wires ?? []).compactMap(\.container)
    }

    package func networks() async throws(EngineError) -> [EngineNetwork] {
        let call = call("list the networks")
        let wires: [NetworkWire]? = try decode(
            try await send("GET", "/networks", for: call).body,
            for: call
        )
        return (wires ?? []).compactMap(\.network)
    }

    /// The volumes that no container mounts, running or not.
    package func unusedVolumes() async throws(EngineError) -> [EngineVolume] {
        let call = call("list the volumes")
        let query = [("filters", #"{"dangling":["true"]}"#)]
        let wire: VolumesWire = try decode(
            try await send("GET", "/volumes", query, for: call).body,
            for: call
        )
        return (wire.volumes ?? []).compactMap(\.volume)
    }

    /// Where the engine keeps what it has.
    package func storage() async throws(EngineError) -> EngineStorage {
        let call = call("read the settings")
        let wire: InfoWire = try decode(try await send("GET", "/info", for: call).body, for: call)
        return EngineStorage(
            root: wire.dockerRootDir,
            hasContainerd: (wire.driverStatus ?? []).contains { status in
                status.contains { $0.hasPrefix("io.containerd.") }
            }
        )
    }

    /// What time it is by the engine's own clock; nil where it does not say.
    package func time() async throws(EngineError) -> Timestamp? {
        let call = call("read the time")
        let wire: InfoWire = try decode(try await send("GET", "/info", for: call).body, for: call)
        return wire.systemTime.flatMap { Timestamp(rfc3339: $0) }
    }

    /// How a container stands; nil where there is none.
    package func containerState(_ id: String) async throws(EngineError) -> ContainerState? {
        let call = call("inspect a container", id)
        do throws(EngineError) {
            let response = try await send("GET", "/containers/\(id.pathEncoded)/json", for: call)
            let wire: InspectedContainerWire = try decode(response.body, for: call)
            return ContainerState(
                state: wire.state?.status ?? "unknown",
                startedAt: wire.state?.startedAt ?? ""
            )
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
    }

    /// The id of the image that a container is made of; nil where there is no such container.
    package func imageID(ofContainer id: String) async throws(EngineError) -> String? {
        let call = call("inspect a container", id)
        do throws(EngineError) {
            let response = try await send("GET", "/containers/\(id.pathEncoded)/json", for: call)
            let wire: InspectedContainerWire = try decode(response.body, for: call)
            return wire.image.flatMap(EngineImage.fullID)
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
    }

    /// What tells whether a container was started meanwhile.
    package struct ContainerState: Sendable, Equatable {
        package var state: String
        package var startedAt: String
    }

    /// An image by its name or id; nil where there is none.
    package func image(_ name: String) async throws(EngineError) -> InspectedImage? {
        let call = call("inspect an image", name)
        do throws(EngineError) {
            let response = try await send("GET", "/images/\(name.pathEncoded)/json", for: call)
            let wire: InspectedImageWire = try decode(response.body, for: call)
            guard let id = wire.id.flatMap(EngineImage.fullID) else {
                throw call.error(.badAnswer, "it has no id")
            }
            return InspectedImage(
                id: id,
                tags: EngineImage.named(wire.repoTags),
                digests: EngineImage.named(wire.repoDigests),
                size: wire.size ?? 0,
                layers: wire.rootFS?.layers ?? []
            )
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
    }

    /// What an engine says of one image.
    package struct InspectedImage: Sendable, Equatable {
        package var id: String
        package var tags: [String]
        package var digests: [String]
        package var size: Int64
        /// Digests of its layers, the lowest first.
        package var layers: [String]
    }

    /// Sizes of an image's layers as its history has them, the lowest first, without empty steps.
    package func layerSizes(of image: String) async throws(EngineError) -> [Int64] {
        let call = call("read the history", image)
        let response = try await send("GET", "/images/\(image.pathEncoded)/history", for: call)
        let wires: [HistoryWire]? = try decode(response.body, for: call)
        return (wires ?? []).reversed().compactMap(\.size).filter { $0 > 0 }
    }
}
