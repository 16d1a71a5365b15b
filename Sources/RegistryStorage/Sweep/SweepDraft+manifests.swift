import RegistryModel

extension SweepDraft {
    /// Decides which manifests go; what the others need is held.
    mutating func decideManifests() {
        var reasons = mark.untagged.map { _ in KeepReason?.none }
        let newest = newestOfManifests()
        var places: [RevisionKey: Int] = [:]
        var referrers: [RevisionKey: [Int]] = [:]
        var waiting: [Int] = []
        for (index, revision) in mark.untagged.enumerated() {
            places[revision.key] = index
            if let subject = revision.references?.subject {
                let key = RevisionKey(repository: revision.key.repository, digest: subject.digest)
                referrers[key, default: []].append(index)
            }
            if !rules.scope.contains(.revisions) || !mayLose(revision.key.repository) {
                reasons[index] = .outsideScope
            } else if let moment = newest[revision.key.digest], isYoung(moment) {
                reasons[index] = .youngerThanGrace
            }
            if reasons[index] != nil { waiting.append(index) }
        }
        while let index = waiting.popLast() {
            let revision = mark.untagged[index]
            for child in hold(revision, places) where reasons[child] == nil {
                reasons[child] = .inKeptIndex
                waiting.append(child)
            }
            for referrer in referrers[revision.key] ?? [] where reasons[referrer] == nil {
                reasons[referrer] = .referrerOfKept
                waiting.append(referrer)
            }
        }
        for (index, reason) in reasons.enumerated() {
            if let reason { keep(reason) } else { remove(mark.untagged[index]) }
        }
    }

    /// Takes the manifests for gone that others remove before.
    mutating func releaseManifests() {
        for revision in mark.untagged {
            if let digest = PackedDigest(revision.key.digest) { goesBefore.insert(digest) }
            goesBefore.formUnion(revision.references?.blobs ?? [])
            goesBefore.formUnion(revision.references?.children ?? [])
        }
    }

    /// The newest of each manifest's data, its links in all repositories, and the last event.
    private func newestOfManifests() -> [Digest: Timestamp] {
        var newest: [Digest: Timestamp] = [:]
        func note(_ digest: Digest, _ moment: Timestamp) {
            newest[digest] = max(newest[digest] ?? moment, moment)
        }
        for revision in mark.untagged {
            note(revision.key.digest, revision.modified)
            if let named = rules.lastNamed(revision.key.digest) { note(revision.key.digest, named) }
        }
        for blob in mark.unreferenced where blob.isManifestData {
            guard newest[blob.digest] != nil else { continue }
            note(blob.digest, self.newest(blob))
        }
        return newest
    }

    /// Holds what a manifest needs that stays, and returns the places of its children.
    private mutating func hold(_ revision: UntaggedRevision, _ places: [RevisionKey: Int]) -> [Int]
    {
        if let digest = PackedDigest(revision.key.digest) { held.insert(digest) }
        guard let references = revision.references else {
            heldRepositories.insert(revision.key.repository)
            return []
        }
        held.formUnion(references.blobs)
        var children: [Int] = []
        for child in references.children {
            held.insert(child)
            let key = RevisionKey(repository: revision.key.repository, digest: child.digest)
            if let place = places[key] {
                children.append(place)
            } else if !mark.isNeeded(key.digest) {
                // It was not read, since the index was to go: it may be a manifest.
                heldRepositories.insert(revision.key.repository)
            }
        }
        return children
    }

    private mutating func remove(_ revision: UntaggedRevision) {
        let key = revision.key
        let entries = revision.tagIndexEntries
        takers[key.digest] = takers[key.digest] ?? manifests.count
        manifests.append(
            Removal(
                kind: .manifest,
                digest: key.digest,
                repository: key.repository,
                bytes: entries.reduce(revision.linkBytes) { $0 + $1.bytes },
                own: .manifest(rememberedBy: entries.map(\.tag))
            )
        )
    }
}
