package import RegistryModel

/// An image of an engine.
package struct EngineImage: Sendable, Equatable {
    /// `sha256:…`: of the configuration, or with the containerd store of the manifest.
    package var id: String
    package var parent: String?
    /// Such as `team/api:1`; without `<none>`.
    package var tags: [String]
    /// Such as `team/api@sha256:…`.
    package var digests: [String]
    package var created: Timestamp
    package var labels: [String: String]
    package var size: Int64
    /// Bytes that other images have, too; nil where that was not measured.
    package var shared: Int64?
    /// Containers that are made of it, running or not; nil where that was not counted.
    package var containers: Int?

    package init(
        id: String,
        parent: String? = nil,
        tags: [String] = [],
        digests: [String] = [],
        created: Timestamp = Timestamp(milliseconds: 0),
        labels: [String: String] = [:],
        size: Int64 = 0,
        shared: Int64? = nil,
        containers: Int? = nil
    ) {
        self.id = id
        self.parent = parent
        self.tags = tags
        self.digests = digests
        self.created = created
        self.labels = labels
        self.size = size
        self.shared = shared
        self.containers = containers
    }

    /// Bytes that go with it whatever else stays: none where nobody knows.
    package var unique: Int64 { shared.map { max(0, size - $0) } ?? 0 }

    /// Whether no tag names it.
    package var isDangling: Bool { tags.isEmpty }
}

/// A container of an engine.
package struct EngineContainer: Sendable, Equatable {
    package var id: String
    package var name: String
    /// The image as it was named.
    package var image: String
    package var imageID: String
    /// `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`.
    package var state: String
    package var created: Timestamp
    package var labels: [String: String]
    /// Bytes that it wrote itself; nil where that was not measured.
    package var size: Int64?
    /// Names of the volumes that it mounts.
    package var volumes: [String]
    /// Names of the networks that it is attached to.
    package var networks: [String]

    package init(
        id: String,
        name: String,
        image: String,
        imageID: String,
        state: String,
        created: Timestamp = Timestamp(milliseconds: 0),
        labels: [String: String] = [:],
        size: Int64? = nil,
        volumes: [String] = [],
        networks: [String] = []
    ) {
        self.id = id
        self.name = name
        self.image = image
        self.imageID = imageID
        self.state = state
        self.created = created
        self.labels = labels
        self.size = size
        self.volumes = volumes
        self.networks = networks
    }

    /// Whether a prune takes it; a state that is not known counts as running.
    package var isStopped: Bool { ["created", "exited", "dead", "configured"].contains(state) }
}

/// A network of an engine.
package struct EngineNetwork: Sendable, Equatable {
    package var id: String
    package var name: String
    package var created: Timestamp?
    package var labels: [String: String]
    /// Whether the engine made it itself, or a swarm needs it.
    package var isBuiltIn: Bool
    /// Whether a running container is attached.
    package var isAttached: Bool
}

/// A volume of an engine.
package struct EngineVolume: Sendable, Equatable {
    package var name: String
    package var created: Timestamp?
    package var labels: [String: String]
    /// Bytes; nil where that was not measured.
    package var size: Int64?

    package init(name: String, created: Timestamp?, labels: [String: String], size: Int64?) {
        self.name = name
        self.created = created
        self.labels = labels
        self.size = size
    }

    /// Whether nobody gave it a name: the engine marks it so from 23.0 on, and names such a volume by
    /// 64 hexadecimal digits.
    package var isAnonymous: Bool {
        labels["com.docker.volume.anonymous"] != nil
            || name.utf8.count == 64
                && name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}

/// A record of the build cache.
package struct EngineCacheRecord: Sendable, Equatable {
    package var id: String
    package var isInUse: Bool
    package var isShared: Bool
    /// Whether it is content, and not made for the build itself.
    package var isContent: Bool
    package var size: Int64
    package var lastUsed: Timestamp?
    package var created: Timestamp?

    /// Whether a prune takes it that leaves what images or front ends use.
    package var isDangling: Bool { !isShared && isContent }
}

/// What an engine keeps on its disk (`GET /system/df`).
package struct EngineUsage: Sendable, Equatable {
    /// All layers of all images, each once; nil where the engine does not say.
    package var layers: Int64?
    package var images: [EngineImage]
    package var containers: [EngineContainer]
    package var volumes: [EngineVolume]
    package var cache: [EngineCacheRecord]

    package init(
        layers: Int64? = nil,
        images: [EngineImage],
        containers: [EngineContainer],
        volumes: [EngineVolume],
        cache: [EngineCacheRecord]
    ) {
        self.layers = layers
        self.images = images
        self.containers = containers
        self.volumes = volumes
        self.cache = cache
    }

    package var containerBytes: Int64 { containers.reduce(0) { $0 + ($1.size ?? 0) } }
    package var volumeBytes: Int64 { volumes.reduce(0) { $0 + ($1.size ?? 0) } }
    package var cacheBytes: Int64 { cache.reduce(0) { $0 + ($1.isShared ? 0 : $1.size) } }
}
