import RegistryModel

/// Decides which of the named images may go, and what they take along in their repositories.
struct ImageChoice {
    /// With the images taken as gone.
    private(set) var marking: Marking
    private(set) var missing: [ImageReference] = []
    private(set) var refused: [ImageRemoval.Refused] = []
    private var images: [ImageReference] = []
    /// Places in the survey's tags of signatures that go with what they are for.
    private var along: Set<Int> = []
    private let base: Marking
    private var repositories: [RepositoryName: UInt32] = [:]

    /// Decides over what was read, in which nothing is condemned yet.
    init(_ images: [ImageReference], _ base: Marking) throws(StorageError) {
        self.base = base
        marking = base
        for (index, place) in base.places.enumerated() {
            if let name = place.name { repositories[name] = UInt32(index) }
        }
        for image in images { exists(image) ? self.images.append(image) : missing.append(image) }
        repeat { try condemn() } while refuse() || followSignatures()
    }

    /// The tags that go, and what they point to.
    var tags: [(key: TagKey, digest: Digest)] {
        marking.survey.tags.compactMap { tag in
            guard tag.isCondemned, let name = base.places[Int(tag.repository)].name else {
                return nil
            }
            return (TagKey(repository: name, tag: tag.name), base.survey.table[tag.manifest].digest)
        }
    }

    /// The repositories that go whole.
    var whole: [RepositoryName] {
        Set(images.filter { $0.part == .whole }.map(\.repository)).sorted()
    }

    /// The same, by their numbers.
    var wholePlaces: Set<UInt32> { Set(whole.compactMap { repositories[$0] }) }

    private func exists(_ image: ImageReference) -> Bool {
        guard repositories[image.repository] != nil else { return false }
        return image.part == .whole || !tags(of: image).isEmpty || !manifests(of: image).isEmpty
    }

    /// Places in the survey's tags.
    private func tags(of image: ImageReference) -> [Int] {
        guard let repository = repositories[image.repository] else { return [] }
        let survey = base.survey
        return survey.tagRange(repository).filter { index in
            switch image.part {
            case .tag(let name): survey.tags[index].name == name
            case .digest(let digest): number(of: digest) == survey.tags[index].manifest
            case .whole: true
            }
        }
    }

    private func manifests(of image: ImageReference) -> [UInt32] {
        guard let repository = repositories[image.repository] else { return [] }
        let linked = base.survey.revisions[base.survey.revisionRange(repository)].map(\.manifest)
        switch image.part {
        case .tag: return tags(of: image).map { base.survey.tags[$0].manifest }
        case .digest(let digest): return linked.filter { $0 == number(of: digest) }
        case .whole: return linked
        }
    }

    private func number(of digest: Digest) -> UInt32? {
        PackedDigest(digest).flatMap { base.survey.table.number(of: $0) }
    }

    /// Marks with all that was chosen so far taken as gone.
    private mutating func condemn() throws(StorageError) {
        var condemned = Condemned()
        var waiting: [(repository: RepositoryName, manifest: UInt32)] = []
        for image in images {
            for manifest in manifests(of: image) { waiting.append((image.repository, manifest)) }
        }
        for index in along.union(images.flatMap { tags(of: $0) }) {
            let tag = base.survey.tags[index]
            guard let name = base.places[Int(tag.repository)].name else { continue }
            condemned.tags.insert(TagKey(repository: name, tag: tag.name))
            waiting.append((name, tag.manifest))
        }
        let referrers = Referrers(base)
        while let (name, manifest) = waiting.popLast() {
            let key = RevisionKey(repository: name, digest: base.survey.table[manifest].digest)
            guard condemned.revisions.insert(key).inserted else { continue }
            for child in base.contents.children(manifest) { waiting.append((name, child)) }
            guard let repository = repositories[name] else { continue }
            for referrer in referrers.of(manifest, in: repository) {
                waiting.append((name, referrer))
            }
        }
        marking = base
        try marking.begin(condemned)
    }

    /// Gives up images that something holds, and says whether there was one.
    private mutating func refuse() -> Bool {
        var left: [ImageReference] = []
        for image in images {
            if let reason = reasonToRefuse(image) {
                refused.append(ImageRemoval.Refused(image: image, reason: reason))
            } else {
                left.append(image)
            }
        }
        guard left.count < images.count else { return false }
        images = left
        along = []
        return true
    }

    private func reasonToRefuse(_ image: ImageReference) -> ImageRemoval.Refusal? {
        guard let repository = repositories[image.repository] else { return nil }
        if marking.survey.doubtful[Int(repository)] {
            let doubt = marking.survey.doubts.first {
                $0.repository == image.repository && $0.extent != .entry
            }
            return .repositoryUnreadable(doubt?.description ?? "")
        }
        if case .digest = image.part, let reason = hold(on: image, in: repository) { return reason }
        return image.part != .whole && signsKept(image, in: repository) ? .referrerOfKept : nil
    }

    private func hold(
        on image: ImageReference,
        in repository: UInt32
    ) -> ImageRemoval.Refusal? {
        let manifests = Set(manifests(of: image))
        let held = marking.held[Int(repository)].first {
            manifests.contains(marking.survey.revisions[$0.revision].manifest)
        }
        return switch held?.hold {
        case .inKeptIndex: .inKeptIndex
        case .referrerOfKept: .referrerOfKept
        case .taggedManifest, .repositoryUnreadable, nil: nil
        }
    }

    /// Whether a tag of the image says that it belongs to a manifest that stays.
    private func signsKept(_ image: ImageReference, in repository: UInt32) -> Bool {
        let own = Set(manifests(of: image))
        return tags(of: image).contains { index in
            guard let subject = base.survey.tags[index].name.subject.flatMap({ number(of: $0) })
            else { return false }
            return !own.contains(subject) && stays(subject, in: repository)
        }
    }

    private func stays(_ manifest: UInt32, in repository: UInt32) -> Bool {
        let survey = marking.survey
        guard
            survey.revisions[survey.revisionRange(repository)].contains(where: {
                $0.manifest == manifest
            })
        else { return false }
        return !goes(manifest, in: repository)
    }

    private func goes(_ manifest: UInt32, in repository: UInt32) -> Bool {
        marking.going[Int(repository)].contains {
            marking.survey.revisions[$0].manifest == manifest
        }
    }

    /// Adds tags of signatures for manifests that go, and says whether there was one.
    private mutating func followSignatures() -> Bool {
        let going = marking.going.map { revisions in
            Set(revisions.map { marking.survey.revisions[$0].manifest })
        }
        let before = along.count
        for (index, tag) in marking.survey.tags.enumerated() where !tag.isCondemned {
            guard !going[Int(tag.repository)].isEmpty,
                let subject = tag.name.subject.flatMap({ number(of: $0) })
            else { continue }
            if going[Int(tag.repository)].contains(subject) { along.insert(index) }
        }
        return along.count > before
    }
}

/// Which manifests of a repository belong to which.
private struct Referrers {
    private var lists: [UInt32: [UInt32: [UInt32]]] = [:]

    init(_ marking: Marking) {
        for revision in marking.survey.revisions {
            guard let subject = marking.contents.subject(revision.manifest) else { continue }
            lists[revision.repository, default: [:]][subject, default: []]
                .append(revision.manifest)
        }
    }

    func of(_ subject: UInt32, in repository: UInt32) -> [UInt32] {
        lists[repository]?[subject] ?? []
    }
}
