import RegistryModel

/// The content that named images give up, as far as no manifest needs it.
struct ImageContent {
    let choice: ImageChoice
    /// Links of the named repositories to what goes.
    private let links: [FoundLink]
    /// What nothing needs, as far as is known.
    private(set) var candidates: Set<PackedDigest> = []
    /// What a repository links, too, that has an index over a manifest which goes, also where it
    /// lost its link to that manifest.
    private var signs: Set<PackedDigest> = []
    /// Links of other repositories to candidates.
    private var foreignLinks: [PackedDigest: [LayerLink]] = [:]
    /// The other repositories that were read.
    private var others: [Mark.RepositoryState] = []
    private var doubts: [Doubt] = []

    /// Takes all `links` of the named repositories.
    init(_ choice: ImageChoice, _ links: [FoundLink]) {
        self.choice = choice
        let survey = choice.marking.survey
        let contents = choice.marking.contents
        let whole = choice.wholePlaces
        var candidates: Set<PackedDigest> = []
        for index in choice.marking.going.joined() {
            let manifest = survey.revisions[index].manifest
            candidates.insert(survey.table[manifest])
            for blob in contents.blobs(manifest) { candidates.insert(survey.table[blob]) }
            for child in contents.children(manifest) { candidates.insert(survey.table[child]) }
        }
        for link in links where whole.contains(link.repository) { candidates.insert(link.digest) }
        // A manifest that can't be read turns a repository doubtful after its links were read.
        for link in links where survey.doubtful[Int(link.repository)] {
            candidates.remove(link.digest)
        }
        candidates = candidates.filter { !choice.marking.isNeeded($0) }
        if survey.hidesReferences { candidates = [] }
        self.candidates = candidates
        for index in choice.marking.going.joined() {
            let manifest = survey.revisions[index].manifest
            guard candidates.contains(survey.table[manifest]) else { continue }
            // The first is the configuration, which few images share.
            for blob in contents.blobs(manifest).prefix(1) { signs.insert(survey.table[blob]) }
            for child in contents.children(manifest) { signs.insert(survey.table[child]) }
        }
        self.links = links.filter {
            candidates.contains($0.digest) || whole.contains($0.repository)
        }
    }

    /// What makes a repository worth reading that links one of them.
    var traces: Set<PackedDigest> { candidates.isEmpty ? [] : candidates.union(signs) }

    /// Takes what was found in another repository, with its links to what nothing in it needs.
    mutating func take(_ marking: Marking, _ spare: [FoundLink]) {
        doubts += marking.survey.doubts.filter { $0.extent != .entry }
        guard !marking.survey.hidesReferences else {
            candidates = []
            return
        }
        // An index may hold a manifest that its repository does not link.
        candidates = candidates.filter { !marking.isNeeded($0) }
        for (index, place) in marking.places.enumerated() {
            guard let name = place.name else { continue }
            others.append(
                Mark.RepositoryState(
                    name: name,
                    newest: marking.survey.newest[index],
                    isDoubtful: marking.survey.doubtful[index]
                )
            )
        }
        for link in spare where candidates.contains(link.digest) {
            guard let name = marking.places[Int(link.repository)].name else { continue }
            foreignLinks[link.digest, default: []].append(
                LayerLink(
                    repository: name,
                    digest: link.digest.digest,
                    bytes: link.bytes,
                    modified: link.modified
                )
            )
        }
    }

    /// The mark of what goes, with the links that other repositories have to it.
    func mark(
        root: StorageRoot,
        crew: Crew,
        _ discovered: [Doubt],
        now: Timestamp
    ) throws(StorageError) -> Mark {
        let (garbage, odd) = try find(root)
        let whole = choice.wholePlaces
        let wholeNames = Set(choice.whole)
        var marking = choice.marking
        marking.survey.uploads.removeAll { !wholeNames.contains($0.repository) }
        marking.survey.emptyFolders = []
        var assembly = MarkAssembly(marking, now: now)
        let remembered = try TagIndexWalk.read(
            root: root,
            crew: crew,
            survey: marking.survey,
            going: assembly.goingDigests
        )
        assembly.takeRevisions(remembered)
        let kept = links.filter {
            candidates.contains($0.digest) || whole.contains($0.repository)
        }
        assembly.takeBlobs(garbage, kept) { !odd.contains($0) }
        var mark = assembly.finish(doubts: discovered + doubts, emptyFolders: [])
        addOthers(to: &mark)
        return mark
    }

    /// The candidates that are there, and those that are no files.
    private func find(
        _ root: StorageRoot
    ) throws(StorageError) -> (garbage: [BlobWalk.FoundBlob], odd: Set<PackedDigest>) {
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
        return (garbage, odd)
    }

    /// Adds the other repositories, whose pushes count, and their links.
    private func addOthers(to mark: inout Mark) {
        mark.repositories = (mark.repositories + others).sorted { $0.name < $1.name }
        for index in mark.unreferenced.indices {
            guard let digest = PackedDigest(mark.unreferenced[index].digest),
                let links = foreignLinks[digest]
            else { continue }
            mark.unreferenced[index].links += links
            mark.unreferenced[index].links.sort { $0.repository < $1.repository }
        }
    }
}
