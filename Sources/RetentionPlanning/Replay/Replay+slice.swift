import RegistryModel

// The inventory of a repository as it would have been at one moment of the replay.
extension Replay {
    func slice(at moment: Timestamp) -> InventorySlice {
        let state = PastState(past: past, moment: moment)
        var slice = InventorySlice()
        let windows = windows(at: moment)
        addTags(state, windows, to: &slice)
        addManifests(state, to: &slice)
        link(&slice)
        count(state, windows, in: &slice)
        rank(&slice)
        var facts = past.facts
        facts.tags = slice.tags.count
        facts.untagged = slice.manifests.values.count { $0.tags.isEmpty }
        facts.unreadable = slice.manifests.values.count { $0.reading != .read }
        // That it can't be listed now says nothing about then.
        facts.unlisted = nil
        slice.repositories[facts.id] = facts
        slice.candidates = candidates(of: slice)
        return slice
    }

    /// The first hours that count for tags and for untagged manifests.
    private struct Windows {
        var tags: Int64?
        var untagged: Int64
    }

    private var policy: Policy? {
        request.policies.deciding(registry: past.facts.registry, repository: past.facts.name)
    }

    private func windows(at moment: Timestamp) -> Windows {
        let own = policy?.keep.accessed
        let untagged = own ?? .untaggedDefault
        return Windows(
            tags: own.map { (moment - $0.within).hour },
            untagged: (moment - untagged.within).hour
        )
    }

    private func addTags(_ state: PastState, _ windows: Windows, to slice: inout InventorySlice) {
        for tag in past.tags {
            guard let place = state.place(of: tag), !isAway(tag, at: state.moment) else { continue }
            var facts = TagFacts(
                id: tag.id,
                repository: past.facts.id,
                name: tag.name,
                firstSeen: place.since
            )
            facts.manifest = place.manifest
            facts.pushedAt = state.pushed(tag.pushedAt, tag.hours)
            let counts = state.counts(tag.hours, from: windows.tags)
            facts.inWindow = counts.window
            facts.inHistory = counts.all
            facts.lastAccess = counts.last
            facts.told = tag.told(at: state.moment)
            slice.tags[tag.id] = facts
        }
    }

    private func isAway(_ tag: RepositoryPast.Tag, at moment: Timestamp) -> Bool {
        guard let removed = removedTags[tag.id] else { return false }
        return back(tag, after: removed).map { $0 >= moment } ?? true
    }

    private func addManifests(_ state: PastState, to slice: inout InventorySlice) {
        let pointedTo = Set(slice.tags.values.compactMap(\.manifest))
        for manifest in past.manifests {
            let start = state.start(of: manifest, tagged: pointings[manifest.id]?.first?.since)
            guard pointedTo.contains(manifest.id) || isThere(manifest, since: start, state) else {
                continue
            }
            var facts = ManifestFacts(id: manifest.id, digest: manifest.digest, firstSeen: start)
            facts.reading = manifest.reading
            facts.pushedAt = state.pushed(manifest.pushedAt, manifest.hours)
            slice.manifests[manifest.id] = facts
        }
    }

    private func isThere(
        _ manifest: RepositoryPast.Manifest,
        since start: Timestamp,
        _ state: PastState
    ) -> Bool {
        guard start < state.moment, manifest.goneAt.map({ $0 >= state.moment }) ?? true else {
            return false
        }
        guard let removed = removedManifests[manifest.id] else { return true }
        return back(manifest, after: removed).map { $0 < state.moment } ?? false
    }

    /// The manifests of a slice that hold what tags are named for.
    private func holders(in slice: InventorySlice) -> [Digest: [Int64]] {
        let named = Set(slice.tags.values.compactMap(\.name.subject))
        guard !named.isEmpty else { return [:] }
        var holders: [Digest: [Int64]] = [:]
        for id in slice.manifests.keys.sorted() {
            for child in manifests[id]?.children ?? [] where named.contains(child) {
                holders[child, default: []].append(id)
            }
        }
        return holders
    }

    private func link(_ slice: inout InventorySlice) {
        let holders = holders(in: slice)
        for tag in slice.tags.values {
            if let manifest = tag.manifest { slice.manifests[manifest]?.tags.append(tag.id) }
            guard let subject = tag.name.subject else { continue }
            slice.tags[tag.id]?.holders = holders[subject] ?? []
            guard let named = rows[subject], slice.manifests[named] != nil else { continue }
            slice.tags[tag.id]?.subject = named
            slice.manifests[named]?.referrerTags.append(tag.id)
        }
        var references: [Int64: Int] = [:]
        for id in slice.manifests.keys {
            for blob in manifests[id]?.blobs ?? [] { references[blob.id, default: 0] += 1 }
        }
        for id in slice.manifests.keys.sorted() {
            guard let own = manifests[id] else { continue }
            slice.manifests[id]?.blobs = own.blobs.map {
                BlobFacts(
                    id: $0.id,
                    size: $0.size,
                    references: max(0, elsewhere[$0.id] ?? 0) + (references[$0.id] ?? 0)
                )
            }
            for child in own.children.compactMap({ rows[$0] }) where slice.manifests[child] != nil {
                slice.manifests[id]?.children.append(child)
                slice.manifests[child]?.parents.append(id)
            }
            guard let subject = own.subject.flatMap({ rows[$0] }), slice.manifests[subject] != nil
            else { continue }
            slice.manifests[id]?.subject = subject
            slice.manifests[subject]?.referrers.append(id)
        }
    }

    /// Accesses and labels, those of what an index holds included, and since when it has no tag.
    private func count(
        _ state: PastState,
        _ windows: Windows,
        in slice: inout InventorySlice
    ) {
        let needsLabels = policy?.keep.labels.isEmpty == false
        for id in slice.manifests.keys {
            let isTagged = slice.manifests[id]?.tags.isEmpty == false
            let first = isTagged ? windows.tags : windows.untagged
            var sum = (window: AccessCounts(), all: AccessCounts(), last: Timestamp?.none)
            var labels = LabelFacts()
            for part in content(of: id) {
                let counts = state.counts(part.hours, from: first)
                sum.window = sum.window + counts.window
                sum.all = sum.all + counts.all
                sum.last = [sum.last, counts.last].compactMap(\.self).max()
                labels.add(part.labels ?? LabelFacts(isIncomplete: true))
            }
            slice.manifests[id]?.inWindow = sum.window
            slice.manifests[id]?.inHistory = sum.all
            slice.manifests[id]?.lastAccess = sum.last
            if needsLabels { slice.manifests[id]?.labels = labels }
            guard !isTagged else { continue }
            slice.manifests[id]?.untaggedSince = untaggedSince(id, state)
        }
    }

    /// A manifest and all that it holds, present or not.
    private func content(of id: Int64) -> [RepositoryPast.Manifest] {
        var found: [RepositoryPast.Manifest] = []
        var seen: Set<Int64> = []
        var waiting = [id]
        while let next = waiting.popLast() {
            guard let manifest = manifests[next], seen.insert(next).inserted else { continue }
            found.append(manifest)
            waiting += manifest.children.compactMap { rows[$0] }
        }
        return found
    }

    /// When the last tag that pointed to a manifest until then had left it, by news or in the replay.
    private func untaggedSince(_ id: Int64, _ state: PastState) -> Timestamp? {
        let earlier = (pointings[id] ?? []).prefix { $0.since < state.moment }
        return earlier.map { pointing in
            let left = pointing.until.flatMap { $0 < state.moment ? $0 : nil }
            return left ?? removedTags[pointing.tag] ?? state.moment
        }.max()
    }

    private func rank(_ slice: inout InventorySlice) {
        let ordinary = slice.tags.values.filter { $0.name.subject == nil }
        let pushes = ordinary.map { $0.pushedAt ?? $0.firstSeen }.sorted(by: >)
        let versions = policy?.keep.versions == nil ? nil : VersionRanks(ordinary.map(\.name))
        for tag in slice.tags.values {
            let pushed = tag.pushedAt ?? tag.firstSeen
            if tag.name.subject == nil {
                slice.tags[tag.id]?.newerTags = Self.count(of: pushes, newerThan: pushed)
            }
            slice.tags[tag.id]?.version = versions?.standing(of: tag.name)
        }
    }

    /// How many of `pushes`, newest first, are newer.
    private static func count(of pushes: [Timestamp], newerThan push: Timestamp) -> Int {
        var low = 0
        var high = pushes.count
        while low < high {
            let middle = (low + high) / 2
            if pushes[middle] > push { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func candidates(of slice: InventorySlice) -> [InventorySlice.Candidate] {
        var found: [(access: Int64, pushed: Int64, id: Int64, InventorySlice.Candidate)] = []
        for tag in slice.tags.values {
            let manifest = tag.manifest.flatMap { slice.manifests[$0]?.lastAccess }
            let access = [tag.lastAccess, manifest].compactMap(\.self).max()
            let pushed = tag.pushedAt ?? tag.firstSeen
            found.append((access?.milliseconds ?? 0, pushed.milliseconds, tag.id, .tag(tag.id)))
        }
        for manifest in slice.manifests.values where manifest.tags.isEmpty {
            let pushed = manifest.pushedAt ?? manifest.firstSeen
            let access = manifest.lastAccess?.milliseconds ?? 0
            let candidate = InventorySlice.Candidate.untagged(
                manifest.id,
                repository: past.facts.id
            )
            found.append((access, pushed.milliseconds, manifest.id, candidate))
        }
        return found.sorted { ($0.0, $0.1, $0.2) < ($1.0, $1.1, $1.2) }.map(\.3)
    }
}
