import RegistryModel

struct RepositoryKey: Hashable {
    var registryId: Int64
    var name: RepositoryName
}

struct ManifestKey: Hashable {
    var repositoryId: Int64
    var digest: Digest
}

struct TagKey: Hashable {
    var repositoryId: Int64
    var name: TagName
}
