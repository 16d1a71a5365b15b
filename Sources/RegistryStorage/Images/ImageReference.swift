package import RegistryModel

/// An image that is to go by its name.
package struct ImageReference: Sendable, Hashable {
    package enum Part: Sendable, Hashable {
        case tag(TagName)
        /// The manifest with all its tags.
        case digest(Digest)
        /// All that the repository holds.
        case whole
    }

    package var repository: RepositoryName
    package var part: Part

    package init(repository: RepositoryName, part: Part) {
        self.repository = repository
        self.part = part
    }
}
