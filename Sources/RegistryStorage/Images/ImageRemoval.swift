package import RegistryModel

/// The removal of images by name, at a cost that does not grow with the rest of the registry.
///
/// An image takes along what belongs to it and nothing else holds: the children of an index,
/// referrers, and signatures that are tagged for it. Blobs go when no manifest needs them in any
/// repository that links them.
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
        /// It belongs to a manifest that stays.
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
    /// Folders of whole repositories, each after what it holds, to be removed when they are empty.
    package var folders: [StoragePath] = []
    /// Nothing has this name.
    package var missing: [ImageReference] = []
    package var refused: [Refused] = []
    package var doubts: [Doubt] = []

    /// Plans the removal of `images`; touches nothing.
    ///
    /// Blocks the thread it is called on, which must not be one of the cooperative pool.
    package static func plan(
        _ images: [ImageReference],
        root: StorageRoot,
        references: any ReferenceStore,
        rules: SweepRules,
        now: Timestamp
    ) throws(StorageError) -> ImageRemoval {
        let crew = Crew.ofMachine
        let discovery = try RepositoryDiscovery(root: root, crew: crew)
        let loader = try ContentLoader(root: root, crew: crew, store: references)
        let names = Set(images.map(\.repository))
        let isNamed = { (place: RepositoryPlace) in place.name.map(names.contains) ?? false }
        let others = OtherRepositories(
            root: root,
            crew: crew,
            loader: loader,
            places: discovery.places.filter { !isNamed($0) }
        )
        let walk = RepositoryWalk(
            root: root,
            crew: crew,
            places: discovery.places.filter(isNamed)
        )
        var survey = try walk.survey()
        survey.hidesReferences = survey.hidesReferences || discovery.hidesReferences
        var marking = try Marking(consume survey, loader)
        let links = try walk.readLayers(for: &marking)
        let choice = try ImageChoice(images, marking)
        var content = ImageContent(choice, links)
        try others.release(&content)
        let mark = try content.mark(root: root, crew: crew, discovery.doubts, now: now)
        var rules = rules
        if rules.leavesManifestData { rules.manifestLike = mark.manifestLike(in: root) }
        var removal = ImageRemoval(plan: SweepPlan(mark, rules: rules, now: now))
        removal.doubts = mark.doubts
        removal.missing = choice.missing
        removal.refused = choice.refused
        try removal.takeFolders(choice, root)
        // A tree without any repository looks as if they were on a volume that is not mounted.
        if choice.whole.count == discovery.places.count {
            let last = Set(choice.whole.map { StoragePath.repository($0) })
            removal.folders.removeAll { last.contains($0) }
        }
        return removal
    }

    private mutating func takeFolders(
        _ choice: ImageChoice,
        _ root: StorageRoot
    ) throws(StorageError) {
        for (key, digest) in choice.tags {
            guard let tree = try root.tree(.tagFolder(key.repository, key.tag)) else { continue }
            tags.append(
                TagFolder(
                    key: key,
                    digest: digest,
                    files: tree.files.map(\.path),
                    bytes: tree.bytes
                )
            )
        }
        for name in choice.whole {
            let repository = StoragePath.repository(name)
            for part in ["_layers", "_manifests", "_uploads"] {
                let path = repository.below(part)
                guard let tree = try root.tree(path) else { continue }
                folders += tree.folders + [path]
            }
            folders.append(repository)
        }
    }
}

extension ImageRemoval.Refusal: CustomStringConvertible {
    /// The reason, as runs name it.
    package var description: String {
        switch self {
        case .inKeptIndex: KeepReason.inKeptIndex.rawValue
        case .referrerOfKept: KeepReason.referrerOfKept.rawValue
        case .repositoryUnreadable(let text): "\(KeepReason.unreadable.rawValue): \(text)"
        }
    }
}
