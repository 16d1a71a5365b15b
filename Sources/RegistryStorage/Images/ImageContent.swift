import RegistryModel

/// The content that named images give up, as far as no manifest of their repositories needs it.
struct ImageContent {
    let choice: ImageChoice
    /// Links of the named repositories to what goes.
    let links: [FoundLink]
    /// What nothing needs, as far as is known.
    var candidates: Set<PackedDigest> = []

    /// Takes all `links` of the named repositories.
    init(_ choice: ImageChoice, _ links: [FoundLink]) {
        self.choice = choice
        let marking = choice.marking
        let survey = marking.survey
        let whole = Set(choice.whole)
        func isWhole(_ link: FoundLink) -> Bool {
            marking.places[Int(link.repository)].name.map(whole.contains) ?? false
        }
        var candidates: Set<PackedDigest> = []
        for index in marking.going.joined() {
            let manifest = survey.revisions[index].manifest
            candidates.insert(survey.table[manifest])
            for blob in marking.contents.blobs(manifest) { candidates.insert(survey.table[blob]) }
            for child in marking.contents.children(manifest) {
                candidates.insert(survey.table[child])
            }
        }
        for link in links where isWhole(link) { candidates.insert(link.digest) }
        candidates = candidates.filter { !marking.isNeeded($0) }
        if survey.hidesReferences { candidates = [] }
        self.candidates = candidates
        self.links = links.filter { candidates.contains($0.digest) || isWhole($0) }
    }

    /// The mark of what goes, with the links that other repositories have to it.
    func mark(
        root: StorageRoot,
        crew: Crew,
        _ foreign: [PackedDigest: [LayerLink]],
        _ doubts: [Doubt],
        now: Timestamp
    ) throws(StorageError) -> Mark {
        var garbage: [BlobWalk.FoundBlob] = []
        var odd: Set<PackedDigest> = []
        for digest in candidates {
            guard let facts = try root.facts(.blobData(digest.digest)) else { continue }
            guard facts.kind == .file else {
                odd.insert(digest)
                continue
            }
            garbage.append(
                BlobWalk.FoundBlob(digest: digest, bytes: facts.size, modified: facts.modified)
            )
        }
        var marking = choice.marking
        let whole = Set(choice.whole)
        marking.survey.uploads.removeAll { !whole.contains($0.repository) }
        marking.survey.emptyFolders = []
        var assembly = MarkAssembly(marking, now: now)
        let remembered = try TagIndexWalk.read(
            root: root,
            crew: crew,
            survey: marking.survey,
            going: assembly.goingDigests
        )
        assembly.takeRevisions(remembered)
        let kept = links.filter { candidates.contains($0.digest) || isOfWhole($0, whole) }
        assembly.takeBlobs(garbage, kept) { !odd.contains($0) }
        var mark = assembly.finish(doubts: doubts, emptyFolders: [])
        for index in mark.unreferenced.indices {
            guard let digest = PackedDigest(mark.unreferenced[index].digest) else { continue }
            mark.unreferenced[index].links += foreign[digest] ?? []
        }
        return mark
    }

    private func isOfWhole(_ link: FoundLink, _ whole: Set<RepositoryName>) -> Bool {
        choice.marking.places[Int(link.repository)].name.map(whole.contains) ?? false
    }
}
