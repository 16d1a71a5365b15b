import RegistryModel

/// The work on one mark, from the survey on: what is needed grows, until all is known.
struct Marking {
    let places: [RepositoryPlace]
    var survey: Survey
    var contents = Contents()
    let loader: ContentLoader
    /// What something needs which stays, by the survey's numbers.
    private(set) var needed = NumberSet()
    /// By repository: places in the survey's list of revisions that go.
    private(set) var going: [[Int]]
    private(set) var held: [[(revision: Int, hold: Mark.Hold)]]
    private(set) var wantedAgain: Set<RevisionKey> = []
    private(set) var wantedLinks: Set<RevisionKey> = []
    private(set) var missed: Set<MissedContent> = []
    /// What was deleted before.
    private var gone: NumberSet?
    /// By repository: manifests that were taken before.
    private var taken: [UInt32: Set<UInt32>] = [:]
    /// By repository: what it had links to that were taken before.
    private var takenLinks: [UInt32: Set<UInt32>] = [:]
    private var structure = Structure(condemnsUntagged: false, condemned: [:])

    /// Reads what all manifests refer to; nothing is needed yet.
    init(_ survey: consuming Survey, _ loader: ContentLoader) throws(StorageError) {
        places = survey.places
        going = Array(repeating: [], count: places.count)
        held = Array(repeating: [], count: places.count)
        self.survey = survey
        self.loader = loader
        try loadAll()
    }

    /// Finds what stays in all repositories.
    mutating func begin(_ condemned: Condemned) throws(StorageError) {
        structure = Structure(
            condemnsUntagged: condemned.allUntagged,
            condemned: Self.numbers(condemned.revisions, in: &survey)
        )
        taken = Self.numbers(condemned.taken, in: &survey)
        takenLinks = Self.numbers(condemned.takenLinks, in: &survey)
        for digest in condemned.gone.lazy.compactMap({ PackedDigest($0) }) {
            gone = gone ?? NumberSet()
            gone?.insert(survey.table.add(digest))
        }
        survey.condemn(condemned.tags)
        try examine((0..<places.count).map { UInt32($0) })
    }

    private static func numbers(
        _ revisions: Set<RevisionKey>,
        in survey: inout Survey
    ) -> [UInt32: Set<UInt32>] {
        guard !revisions.isEmpty else { return [:] }
        var repositories: [RepositoryName: UInt32] = [:]
        for (index, place) in survey.places.enumerated() {
            if let name = place.name { repositories[name] = UInt32(index) }
        }
        var numbers: [UInt32: Set<UInt32>] = [:]
        for key in revisions {
            guard let repository = repositories[key.repository],
                let digest = PackedDigest(key.digest)
            else { continue }
            numbers[repository, default: []].insert(survey.table.add(digest))
        }
        return numbers
    }

    private mutating func loadAll() throws(StorageError) {
        var seen = NumberSet()
        var manifests: [UInt32] = []
        for revision in survey.revisions where seen.insert(revision.manifest) {
            manifests.append(revision.manifest)
        }
        for tag in survey.tags where seen.insert(tag.manifest) { manifests.append(tag.manifest) }
        try loader.load(manifests, &survey.table, &contents)
    }

    /// Looks at repositories until nothing is pending and none turns doubtful.
    mutating func examine(_ repositories: [UInt32]) throws(StorageError) {
        var waiting = repositories
        while !waiting.isEmpty {
            var pending = NumberSet()
            var numbers: [UInt32] = []
            var again: [UInt32] = []
            for repository in waiting {
                let outcome = structure.examine(repository, in: survey, contents)
                for problem in outcome.problems { note(problem, repository) }
                for number in outcome.pending where pending.insert(number) {
                    numbers.append(number)
                }
                guard outcome.problems.isEmpty, outcome.pending.isEmpty else {
                    again.append(repository)
                    continue
                }
                take(outcome, repository)
            }
            try loader.load(numbers, &survey.table, &contents)
            waiting = again
        }
    }

    private mutating func note(
        _ problem: (manifest: UInt32, text: String),
        _ repository: UInt32
    ) {
        let place = places[Int(repository)]
        let digest = survey.table[problem.manifest]
        let doubt = Doubt(
            path: place.path.below("_manifests/revisions/sha256/\(digest.hex)"),
            repository: place.name,
            extent: .repository,
            text: "manifest: \(problem.text)"
        )
        survey.note(doubt, repository: repository)
    }

    private mutating func take(_ outcome: Structure.Outcome, _ repository: UInt32) {
        noteWanted(outcome.kept, repository)
        noteWantedLinks(outcome.kept, repository)
        noteMissed(outcome.kept, repository)
        going[Int(repository)] = outcome.going
        held[Int(repository)] = outcome.held
        for manifest in outcome.kept {
            needed.insert(manifest)
            for blob in contents.blobs(manifest) { needed.insert(blob) }
        }
    }

    /// A doubtful repository wants all back that was taken from it.
    private mutating func noteWanted(_ kept: [UInt32], _ repository: UInt32) {
        guard let taken = taken[repository], let name = places[Int(repository)].name else { return }
        let wanted =
            survey.doubtful[Int(repository)] ? taken : taken.intersection(kept)
        for manifest in wanted {
            wantedAgain.insert(
                RevisionKey(repository: name, digest: survey.table[manifest].digest)
            )
        }
    }

    /// A doubtful repository wants all its links back, too.
    private mutating func noteWantedLinks(_ kept: [UInt32], _ repository: UInt32) {
        guard let taken = takenLinks[repository], let name = places[Int(repository)].name else {
            return
        }
        var wanted = taken
        if !survey.doubtful[Int(repository)] {
            wanted = taken.intersection(kept)
            for manifest in kept { wanted.formUnion(taken.intersection(contents.blobs(manifest))) }
        }
        for number in wanted {
            wantedLinks.insert(RevisionKey(repository: name, digest: survey.table[number].digest))
        }
    }

    private mutating func noteMissed(_ kept: [UInt32], _ repository: UInt32) {
        guard let gone, let name = places[Int(repository)].name else { return }
        let tags = survey.tags[survey.tagRange(repository)]
        for manifest in kept {
            for number in [manifest] + contents.blobs(manifest) where gone.contains(number) {
                missed.insert(
                    MissedContent(
                        digest: survey.table[number].digest,
                        manifest: RevisionKey(
                            repository: name,
                            digest: survey.table[manifest].digest
                        ),
                        tag: tags.first { $0.manifest == manifest }?.name
                    )
                )
            }
        }
    }

    /// Keeps something for a doubtful repository.
    mutating func need(_ digest: PackedDigest) { needed.insert(survey.table.add(digest)) }

    /// Forgets manifests and tags, and what they refer to; what is needed is still known.
    mutating func dropManifests() {
        contents = Contents()
        survey.revisions = []
        survey.tags = []
        going = []
        held = []
        taken = [:]
        takenLinks = [:]
    }

    func isNeeded(_ digest: PackedDigest) -> Bool {
        guard let number = survey.table.number(of: digest) else { return false }
        return needed.contains(number)
    }
}
