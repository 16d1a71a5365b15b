import RegistryModel

/// A folder that has the signs of a repository.
struct RepositoryPlace: Sendable {
    var path: StoragePath
    /// Nil where the path is none that a registry gives: then all that it links is kept.
    var name: RepositoryName?

    init(_ name: RepositoryName) {
        path = .repository(name)
        self.name = name
    }

    init(path: StoragePath, name: RepositoryName?) {
        self.path = path
        self.name = name
    }
}
