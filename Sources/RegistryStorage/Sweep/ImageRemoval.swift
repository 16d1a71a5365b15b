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

/// The removal of images by name, at a cost that does not grow with the rest of the registry.
package struct ImageRemoval: Sendable {
    /// The folder of a tag that goes.
    package struct TagFolder: Sendable, Equatable {
        package var key: TagKey
        /// What it points to.
        package var digest: Digest
        package var files: [StoragePath]
        package var bytes: Int64
    }

    package enum Refusal: Sendable, Equatable {
        /// An index that stays holds it.
        case inKeptIndex
        /// A manifest that stays has it as a referrer.
        case referrerOfKept
        /// Something in its repository could not be understood.
        case repositoryUnreadable(String)
    }

    package struct Refused: Sendable, Equatable {
        package var image: ImageReference
        package var reason: Refusal
    }

    package var plan: SweepPlan
    package var tags: [TagFolder] = []
    /// Nothing has this name.
    package var missing: [ImageReference] = []
    package var refused: [Refused] = []

    package static func plan(
        _ images: [ImageReference],
        root: StorageRoot,
        references: any ReferenceStore,
        rules: SweepRules,
        now: Timestamp
    ) throws(StorageError) -> ImageRemoval {
        fatalError("not built yet")
    }
}
