package import RegistryModel

/// When a cleanup starts and at what point it has done enough (design, section 5.4).
package struct Trigger: Sendable, Equatable {
    /// A mark on a file system: a share of it, or bytes used.
    package enum VolumeMark: Sendable, Equatable {
        case percent(Double)
        case bytes(ByteCount)
    }

    /// What is measured, with the high mark that fires above it and the low mark that ends the run.
    package enum Measure: Sendable, Equatable {
        /// The file system that holds `path`.
        case volume(path: String, above: VolumeMark, until: VolumeMark, critical: VolumeMark?)
        /// All that a registry's manifests refer to.
        case registryBytes(above: ByteCount, until: ByteCount)
        /// The same for each repository by itself.
        case repositoryBytes(above: ByteCount, until: ByteCount)
        /// Tags of each repository by itself.
        case tags(above: Int, until: Int)
        /// Untagged manifests of each repository by itself.
        case untagged(above: Int, until: Int)
        /// Bytes that only untagged manifests of a repository refer to.
        case untaggedBytes(above: ByteCount, until: ByteCount)
        /// Pushes to a repository since the trigger's last run; fires when reached, removes all
        /// that policies allow.
        case pushes(Int)
        /// All that an engine keeps on its disk: layers, containers, volumes, build cache.
        case engineBytes(above: ByteCount, until: ByteCount)
        /// A time since the trigger's last run; removes all that policies allow.
        case every(Span)
    }

    package enum Target: String, Sendable, Hashable, CaseIterable {
        case tags
        case untagged
        case storage
        /// What the engine's settings list under `prune`.
        case prune
        /// An engine's least recently used images.
        case images

        /// What goes with an engine, and nothing else does.
        package static let ofEngine: Set<Target> = [.prune, .images]
    }

    package var name: String
    /// The registry it is for; nil for every one.
    package var registry: String?
    /// The engine it is for, and for no registry then.
    package var engine: String?
    /// Which repositories; empty for all.
    package var repositories: [Glob]
    package var measure: Measure
    package var cooldown: Span
    package var clean: Set<Target>

    package init(
        name: String,
        registry: String? = nil,
        engine: String? = nil,
        repositories: [Glob] = [],
        measure: Measure,
        cooldown: Span = defaultCooldown,
        clean: Set<Target> = [.tags, .untagged]
    ) {
        self.name = name
        self.registry = registry
        self.engine = engine
        self.repositories = repositories
        self.measure = measure
        self.cooldown = cooldown
        self.clean = clean
    }

    /// Long enough that a busy registry is not planned over and over.
    package static let defaultCooldown = Span.minutes(1)

    package func matches(registry: String, repository: RepositoryName) -> Bool {
        guard engine == nil else { return false }
        if let own = self.registry, own != registry { return false }
        return repositories.isEmpty
            || repositories.contains { $0.matches(repository.description) }
    }
}
