package import RegistryModel
package import RetentionPlanning

/// Which part of Docker Hub is looked after: it has no list of everything.
package struct HubPlaces: Equatable {
    package var namespaces: [String] = []
    /// Named one by one; nil where namespaces are listed.
    package var repositories: [RepositoryName]?

    /// What the registry's settings name, else what its policies do.
    package init(of registry: RegistrySettings, policies: [Policy]) {
        if let named = registry.repositories {
            repositories = named
        } else if let namespace = registry.namespace {
            namespaces = [namespace]
        } else {
            let own = policies.filter { $0.registry == nil || $0.registry == registry.name }
            read(own.flatMap(\.repositories).map(\.description))
        }
    }

    /// Whether nothing is named.
    var isEmpty: Bool { namespaces.isEmpty && repositories == nil }

    private mutating func read(_ patterns: [String]) {
        var names: [RepositoryName] = []
        var places: Set<String> = []
        var isComplete = true
        for pattern in patterns {
            let first = pattern.prefix { $0 != "/" }
            if let name = RepositoryName(pattern), pattern.contains("/") {
                names.append(name)
            } else if pattern.contains("/"), RepositoryName(first) != nil {
                isComplete = false
                places.insert(String(first))
            }
        }
        guard !isComplete else {
            repositories = names.isEmpty ? nil : names
            return
        }
        for name in names { places.insert(String(name.description.prefix { $0 != "/" })) }
        namespaces = places.sorted()
    }
}
