package import RegistryModel

/// Chooses what to remove, in the order in which candidates come, until the goal is reached.
///
/// A pure function of its inputs: no I/O, no clock. What is not known is kept. A removal takes
/// along what only it held, so a plan leaves nothing behind that a second one would find.
package struct Planner: Sendable {
    package let request: PlanRequest
    /// What goes, in the order of removal: first an image, then what goes along with it.
    package private(set) var items: PackedList<PlanItem> = []
    /// Bytes that no manifest refers to once all items are removed: the sum over the items.
    package private(set) var released: Int64 = 0

    let coverage: [String: Coverage]
    private(set) var removals = Removals()
    /// Tags that wait for the rest of what holds their manifest; only for a goal of bytes.
    var deferred = DeferredTags()
    /// Images that were chosen for themselves.
    private(set) var chosen = 0
    private(set) var repositories: [Int64: RepositoryFacts] = [:]
    private var grounds: [Int64: Ground] = [:]
    private var keptTags: [Int64: Reason] = [:]
    private var keptManifests: [Int64: Reason] = [:]
    private var tagsRemoved = 0
    private var untaggedRemoved = 0

    /// Plans for `request`; a registry without a coverage has none.
    package init(request: PlanRequest, coverage: [String: Coverage]) {
        self.request = request
        self.coverage = coverage
    }

    /// How many candidates stay.
    package var kept: Int { keptTags.count + keptManifests.count }

    /// How many candidates stay for each reason.
    package var keptReasons: [Reason: Int] {
        var counts: [Reason: Int] = [:]
        for reason in keptTags.values { counts[reason, default: 0] += 1 }
        for reason in keptManifests.values { counts[reason, default: 0] += 1 }
        return counts
    }

    /// Whether the goal is reached; never for `everything`.
    package var isSatisfied: Bool {
        switch request.goal {
        case .everything: false
        case .release(let bytes): released >= bytes
        case .tags(let count): tagsRemoved >= count
        case .untagged(let count): untaggedRemoved >= count
        }
    }

    /// Whether as many images as were asked for are chosen; what comes then is only counted.
    package var isFull: Bool { request.maximum.map { chosen >= $0 } ?? false }

    /// Considers the candidates of one slice, the least recently accessed first.
    ///
    /// Called again with each next page; a later slice may overlap earlier ones.
    package mutating func consider(_ slice: InventorySlice) {
        for candidate in slice.ordered() { consider(candidate, in: slice) }
    }

    /// Hands over the items, in their order, and lets go of them; the plan is over.
    package mutating func drain(_ body: (PlanItem) -> Void) { items.drain(body) }

    private mutating func consider(_ candidate: InventorySlice.Candidate, in slice: InventorySlice)
    {
        guard let image = image(of: candidate, in: slice), !isRemoved(image) else { return }
        guard request.targets.contains(image.tag == nil ? .untagged : .tags) else { return }
        if let reason = protection(of: image, among: Self.rules(for: image)) {
            keep(image, reason)
            if let tag = image.tag { deferred.remove(tag.id) }
            return
        }
        // It stays until it is taken, which a goal of bytes may put off.
        keep(image, .notNeeded)
        var waiting: [Dependant] = []
        take(image, because: removalReason(of: image), in: slice, &waiting)
        visit(&waiting, of: image, in: slice)
        takeLoosened(of: image, in: slice)
    }

    /// The facts of a candidate, or nil where the slice lacks them.
    mutating func image(
        of candidate: InventorySlice.Candidate,
        in slice: InventorySlice
    ) -> Image? {
        switch candidate {
        case .tag(let id):
            guard let tag = slice.tags[id], let repository = slice.repositories[tag.repository]
            else { return nil }
            return Image(
                tag: tag,
                manifest: tag.manifest.flatMap { slice.manifests[$0] },
                repository: repository,
                ground: ground(of: repository)
            )
        case .untagged(let id, let repositoryID):
            guard let manifest = slice.manifests[id],
                let repository = slice.repositories[repositoryID]
            else { return nil }
            return Image(
                tag: nil,
                manifest: manifest,
                repository: repository,
                ground: ground(of: repository)
            )
        }
    }

    private mutating func ground(of repository: RepositoryFacts) -> Ground {
        if let known = grounds[repository.id] { return known }
        let ground = Ground(
            repository: repository,
            request: request,
            coverage: coverage[repository.registry]
        )
        grounds[repository.id] = ground
        repositories[repository.id] = repository
        return ground
    }
}

// What is noted of each image.
extension Planner {
    func isRemoved(_ image: Image) -> Bool {
        if let tag = image.tag { return removals.tags.contains(tag.id) }
        return image.manifest.map { removals.manifests.contains($0.id) } ?? false
    }

    /// The reason for which a candidate was kept, where it was looked at.
    func keptReason(of image: Image) -> Reason? {
        if let tag = image.tag { return keptTags[tag.id] }
        return image.manifest.flatMap { keptManifests[$0.id] }
    }

    mutating func keep(_ image: Image, _ reason: Reason) {
        if let tag = image.tag {
            keptTags[tag.id] = reason
        } else if let manifest = image.manifest {
            keptManifests[manifest.id] = reason
        }
    }

    /// Corrects the reason of a candidate that was looked at before.
    mutating func keepAnew(_ image: Image, _ reason: Reason) {
        if keptReason(of: image) != nil { keep(image, reason) }
    }

    /// Adds the item for `image`, with its manifest where nothing holds that any more.
    mutating func remove(
        _ image: Image,
        because reason: Reason,
        in slice: InventorySlice,
        _ waiting: inout [Dependant]
    ) {
        let takesManifest = image.tag == nil || takesManifestAlong(image)
        if let tag = image.tag, let manifest = image.manifest {
            removals.remove(tag: tag.id, of: manifest.id)
            keptTags[tag.id] = nil
            tagsRemoved += 1
        }
        var bytes: Int64 = 0
        if takesManifest, let manifest = image.manifest {
            bytes = removals.remove(manifest)
            keptManifests[manifest.id] = nil
            if manifest.tags.isEmpty { untaggedRemoved += 1 }
            for child in manifest.children { deferred.loosen(child) }
            waiting.append(contentsOf: dependants(of: manifest, in: slice))
        }
        if !image.isAttached { chosen += 1 }
        released += bytes
        items.append(item(image, reason, bytes: bytes, takesManifest: takesManifest))
    }

    private func item(
        _ image: Image,
        _ reason: Reason,
        bytes: Int64,
        takesManifest: Bool
    ) -> PlanItem {
        PlanItem(
            kind: image.tag == nil ? .manifest : .tag,
            registry: image.repository.registry,
            repository: image.repository.name,
            repositoryID: image.repository.id,
            tag: image.tag?.name,
            tagID: image.tag?.id,
            digest: image.manifest?.digest,
            manifestID: image.manifest?.id,
            reason: reason,
            detail: removalDetail(reason, of: image),
            policy: image.ground.policy?.name,
            mode: image.ground.policy?.mode ?? .enforce,
            lastAccess: image.lastAccess,
            accesses: image.accessesInHistory,
            bytes: bytes,
            removesManifest: takesManifest && image.tag != nil
        )
    }
}
