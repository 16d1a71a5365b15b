package import RegistryModel

/// A registry whose own API tells of its images what the OCI API does not: times, locks, last pulls.
package protocol TellingRegistry: RegistryClient {
    /// Everything that a repository holds; empty and whole where the registry says that it has no
    /// such repository.
    func listing(of repository: RepositoryName) async throws(RegistryError) -> RepositoryListing

    /// Looks at an image as it is now, right before its removal.
    ///
    /// Without a tag, at a manifest by its digest.
    func look(
        at repository: RepositoryName,
        tag: TagName?,
        digest: Digest
    ) async throws(RegistryError) -> ImageLook
}

/// An image as a registry tells of it at one moment.
package enum ImageLook: Sendable, Equatable {
    /// It is not there any more.
    case gone
    case present(Facts)

    package struct Facts: Sendable, Equatable {
        /// What the tag points to; nil where that is not known, or no tag was asked for.
        package var digest: Digest?
        /// Every tag that points to the digest that was asked for; nil where that is not told.
        package var tags: [TagName: Holder]?
        package var pushedAt: Timestamp?
        package var use: ToldUse?
        package var isLocked: Bool

        package init(
            digest: Digest? = nil,
            tags: [TagName: Holder]? = nil,
            pushedAt: Timestamp? = nil,
            use: ToldUse? = nil,
            isLocked: Bool = false
        ) {
            self.digest = digest
            self.tags = tags
            self.pushedAt = pushedAt
            self.use = use
            self.isLocked = isLocked
        }
    }

    /// A tag that points to a digest.
    package struct Holder: Sendable, Equatable {
        package var pushedAt: Timestamp?
        package var isLocked: Bool

        package init(pushedAt: Timestamp? = nil, isLocked: Bool = false) {
            self.pushedAt = pushedAt
            self.isLocked = isLocked
        }
    }
}
