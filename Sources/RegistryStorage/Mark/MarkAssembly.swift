import RegistryModel

/// Puts together what the walks found.
struct MarkAssembly {
    private(set) var marking: Marking
    private(set) var mark: Mark
    private let manifests: KnownManifests

    init(_ marking: consuming Marking, now: Timestamp) {
        mark = Mark(beganAt: now)
        mark.needs = NeededBlobs(
            table: marking.survey.table,
            numbers: marking.needed,
            holdsEverything: marking.survey.hidesReferences
        )
        mark.storeTrouble = marking.loader.trouble
        mark.totals.manifests = marking.survey.revisions.count
        mark.totals.tags = marking.survey.tags.count
        mark.totals.repositories = marking.places.count
        manifests = KnownManifests(marking.survey)
        self.marking = marking
    }

    /// The digests that go, by repository.
    var goingDigests: [UInt32: Set<PackedDigest>] {
        var digests: [UInt32: Set<PackedDigest>] = [:]
        for (repository, revisions) in marking.going.enumerated() where !revisions.isEmpty {
            digests[UInt32(repository)] = Set(
                revisions.map { marking.survey.table[marking.survey.revisions[$0].manifest] }
            )
        }
        return digests
    }

    /// Takes the manifests that go, with what tags remember of them, and those that are held.
    mutating func takeRevisions(_ remembered: [TagIndexWalk.Found]) {
        var memory: [RevisionKey: [TagIndexWalk.Found]] = [:]
        for entry in remembered {
            let repository = marking.survey.tags[entry.tag].repository
            guard let name = marking.places[Int(repository)].name else { continue }
            let key = RevisionKey(repository: name, digest: entry.digest.digest)
            memory[key, default: []].append(entry)
        }
        for (repository, place) in marking.places.enumerated() {
            guard let name = place.name else { continue }
            for index in marking.going[repository] {
                take(marking.survey.revisions[index], name, memory)
            }
            for entry in marking.held[repository] {
                let digest = marking.survey.table[marking.survey.revisions[entry.revision].manifest]
                let key = RevisionKey(repository: name, digest: digest.digest)
                mark.keptUntagged.append(Mark.KeptRevision(key: key, hold: entry.hold))
            }
        }
    }

    private mutating func take(
        _ revision: Survey.Revision,
        _ name: RepositoryName,
        _ memory: [RevisionKey: [TagIndexWalk.Found]]
    ) {
        let digest = marking.survey.table[revision.manifest].digest
        let key = RevisionKey(repository: name, digest: digest)
        var untagged = UntaggedRevision(
            key: key,
            linkBytes: revision.linkBytes,
            modified: revision.modified
        )
        untagged.references = marking.contents.references(revision.manifest, marking.survey.table)
        for entry in memory[key] ?? [] {
            let tag = marking.survey.tags[entry.tag]
            untagged.wasTagged = true
            guard !tag.isCondemned else { continue }
            untagged.tagIndexEntries.append(
                UntaggedRevision.TagIndexEntry(tag: tag.name, bytes: entry.bytes)
            )
        }
        untagged.tagIndexEntries.sort { $0.tag < $1.tag }
        mark.untagged.append(untagged)
    }

    /// Forgets all manifests and tags, when those are taken that go.
    mutating func dropManifests() { marking.dropManifests() }

    /// Takes what a walk over all blobs found, and the links to it.
    mutating func takeBlobs(_ walk: BlobWalk, _ links: [FoundLink]) {
        mark.totals.blobs = walk.count
        mark.totals.bytes = walk.bytes
        mark.doubts += walk.doubts
        mark.emptyFolders += walk.emptyFolders
        takeBlobs(walk.garbage, links) { !walk.hidesBlobs && !walk.odd.contains($0) }
    }

    /// Takes what no manifest needs, with its links; links to what is not there are left over, and
    /// taken when it surely `isMissing`.
    mutating func takeBlobs(
        _ garbage: [BlobWalk.FoundBlob],
        _ links: [FoundLink],
        isMissing: (PackedDigest) -> Bool
    ) {
        guard !marking.survey.hidesReferences else { return }
        let links = links.sorted { ($0.digest, $0.repository) < ($1.digest, $1.repository) }
        var next = 0
        for found in garbage.sorted(by: { $0.digest < $1.digest }) {
            while next < links.count, links[next].digest < found.digest {
                takeDangling(links[next], isMissing)
                next += 1
            }
            var blob = UnreferencedBlob(
                digest: found.digest.digest,
                bytes: found.bytes,
                modified: found.modified,
                isManifestData: manifests.contains(found.digest)
            )
            while next < links.count, links[next].digest == found.digest {
                if let link = layerLink(links[next], blob.digest) { blob.links.append(link) }
                next += 1
            }
            mark.unreferenced.append(blob)
        }
        for link in links[next...] { takeDangling(link, isMissing) }
    }

    private mutating func takeDangling(
        _ found: FoundLink,
        _ isMissing: (PackedDigest) -> Bool
    ) {
        guard isMissing(found.digest), let link = layerLink(found, found.digest.digest)
        else { return }
        mark.danglingLinks.append(link)
    }

    private func layerLink(_ found: FoundLink, _ digest: Digest) -> LayerLink? {
        marking.places[Int(found.repository)].name.map { name in
            LayerLink(
                repository: name,
                digest: digest,
                bytes: found.bytes,
                modified: found.modified
            )
        }
    }

    /// Takes the rest, and sorts.
    mutating func finish(doubts: [Doubt], emptyFolders: [EmptyFolder]) -> Mark {
        let survey = marking.survey
        mark.uploads = survey.uploads.sorted { ($0.repository, $0.name) < ($1.repository, $1.name) }
        mark.emptyFolders += emptyFolders + survey.emptyFolders
        mark.emptyFolders.sort { $0.path > $1.path }
        mark.doubts += doubts + survey.doubts
        mark.doubts.sort { ($0.path, $0.text) < ($1.path, $1.text) }
        for (index, place) in marking.places.enumerated() {
            guard let name = place.name else { continue }
            mark.repositories.append(
                Mark.RepositoryState(
                    name: name,
                    newest: survey.newest[index],
                    isDoubtful: survey.doubtful[index]
                )
            )
        }
        mark.wantedAgain = marking.wantedAgain
        mark.wantedLinks = marking.wantedLinks
        mark.missed = marking.missed.sorted()
        return mark
    }
}

/// What is or was a manifest of some repository.
struct KnownManifests {
    private let table: DigestTable
    private var numbers: NumberSet

    init(_ survey: Survey) {
        table = survey.table
        numbers = survey.leftOvers
        for revision in survey.revisions { numbers.insert(revision.manifest) }
        for tag in survey.tags { numbers.insert(tag.manifest) }
    }

    func contains(_ digest: PackedDigest) -> Bool {
        table.number(of: digest).map { numbers.contains($0) } ?? false
    }
}
