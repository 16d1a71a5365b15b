import RegistryModel
import RetentionPlanning
import Testing

/// A whole registry world in memory, which gives closed slices as a ledger would.
struct World {
    var repositories: [Int64: RepositoryFacts] = [:]
    /// Own facts only: links are derived by `facts()` from tags, `children` and `subject`.
    var manifests: [Int64: ManifestFacts] = [:]
    var tags: [Int64: TagFacts] = [:]
    var home: [Int64: Int64] = [:]
    private var next: Int64 = 1

    static let now = Timestamp(milliseconds: 1_780_000_000_000)

    static func ago(_ span: Span) -> Timestamp { now - span }

    mutating func repository(
        _ name: String = "team/api",
        registry: String = "local"
    ) throws -> Int64 {
        let id = fresh()
        let parsed = try #require(RepositoryName(name))
        repositories[id] = RepositoryFacts(id: id, registry: registry, name: parsed)
        return id
    }

    /// Adds a manifest of 30 days of age; `change` sets the rest.
    @discardableResult
    mutating func manifest(
        in repository: Int64,
        change: (inout ManifestFacts) -> Void = { _ in }
    ) throws -> Int64 {
        let id = fresh()
        let hex = String(id, radix: 16)
        let padded = String(repeating: "0", count: 64 - hex.count) + hex
        let digest = try #require(Digest("sha256:\(padded)"))
        var facts = ManifestFacts(id: id, digest: digest, firstSeen: Self.ago(.days(30)))
        change(&facts)
        manifests[id] = facts
        home[id] = repository
        return id
    }

    /// Adds a tag of 30 days of age; `change` sets the rest.
    @discardableResult
    mutating func tag(
        _ name: String,
        on manifest: Int64?,
        in repository: Int64,
        change: (inout TagFacts) -> Void = { _ in }
    ) throws -> Int64 {
        let id = fresh()
        let parsed = try #require(TagName(name))
        let seen = Self.ago(.days(30))
        var facts = TagFacts(id: id, repository: repository, name: parsed, firstSeen: seen)
        facts.manifest = manifest
        change(&facts)
        tags[id] = facts
        return id
    }

    /// The name of a signature or fallback tag for `manifest`.
    func referrerTag(for manifest: Int64, ending: String = "") -> String {
        "sha256-\(manifests[manifest]?.digest.encoded ?? "")\(ending)"
    }

    private mutating func fresh() -> Int64 {
        next += 1
        return next
    }
}

extension World {
    /// All facts with every link, as one slice with every tag and untagged manifest as candidate.
    func facts() -> InventorySlice {
        var slice = InventorySlice()
        slice.manifests = linkedManifests()
        slice.tags = tags
        let pushes = pushes()
        let versions = Dictionary(grouping: tags.values, by: \.repository)
            .mapValues { VersionRanks($0.map(\.name)) }
        for id in tags.keys { slice.tags[id] = linked(tags[id], in: &slice, pushes) }
        for tag in tags.values {
            slice.tags[tag.id]?.version = versions[tag.repository]?.standing(of: tag.name)
        }
        slice.repositories = repositories
        for (id, manifest) in slice.manifests {
            guard let place = home[id] else { continue }
            if manifest.reading != .read { slice.repositories[place]?.unreadable += 1 }
            if manifest.tags.isEmpty { slice.repositories[place]?.untagged += 1 }
        }
        for tag in tags.values { slice.repositories[tag.repository]?.tags += 1 }
        slice.candidates = candidates(of: slice)
        return slice
    }

    private func linkedManifests() -> [Int64: ManifestFacts] {
        var result = manifests
        var references: [Int64: Int] = [:]
        for manifest in manifests.values {
            for blob in manifest.blobs { references[blob.id, default: 0] += 1 }
        }
        for (id, manifest) in manifests {
            result[id]?.blobs = manifest.blobs.map {
                BlobFacts(id: $0.id, size: $0.size, references: references[$0.id] ?? 0)
            }
            result[id]?.children = manifest.children.filter { manifests[$0] != nil }
            for child in manifest.children { result[child]?.parents.append(id) }
            guard let subject = manifest.subject else { continue }
            if manifests[subject] == nil { result[id]?.subject = nil }
            result[subject]?.referrers.append(id)
        }
        return result
    }

    private func linked(
        _ tag: TagFacts?,
        in slice: inout InventorySlice,
        _ pushes: [Int64: [Timestamp]]
    ) -> TagFacts? {
        guard var tag else { return nil }
        if let manifest = tag.manifest { slice.manifests[manifest]?.tags.append(tag.id) }
        if let digest = tag.name.subject {
            let named = manifests.values.first {
                $0.digest == digest && home[$0.id] == tag.repository
            }
            tag.subject = named?.id
            if let id = named?.id { slice.manifests[id]?.referrerTags.append(tag.id) }
        }
        let pushed = tag.pushedAt ?? tag.firstSeen
        tag.newerTags = pushes[tag.repository, default: []].count { $0 > pushed }
        return tag
    }

    /// When the ordinary tags of each repository were pushed.
    private func pushes() -> [Int64: [Timestamp]] {
        let ordinary = tags.values.filter { $0.name.subject == nil }
        return Dictionary(grouping: ordinary, by: \.repository)
            .mapValues { $0.map { $0.pushedAt ?? $0.firstSeen } }
    }

    private func candidates(of slice: InventorySlice) -> [InventorySlice.Candidate] {
        var rows: [(access: Int64, pushed: Int64, text: String, InventorySlice.Candidate)] = []
        for tag in slice.tags.values {
            let manifest = tag.manifest.flatMap { slice.manifests[$0]?.lastAccess }
            let access = max(tag.lastAccess?.milliseconds ?? .min, manifest?.milliseconds ?? .min)
            let pushed = (tag.pushedAt ?? tag.firstSeen).milliseconds
            rows.append((access, pushed, text(tag.repository, "\(tag.name)"), .tag(tag.id)))
        }
        for (id, manifest) in slice.manifests where manifest.tags.isEmpty {
            guard let place = home[id] else { continue }
            let access = manifest.lastAccess?.milliseconds ?? .min
            let pushed = (manifest.pushedAt ?? manifest.firstSeen).milliseconds
            let candidate = InventorySlice.Candidate.untagged(id, repository: place)
            rows.append((access, pushed, text(place, "\(manifest.digest)"), candidate))
        }
        return rows.sorted { ($0.0, $0.1, $0.2) < ($1.0, $1.1, $1.2) }.map(\.3)
    }

    private func text(_ repository: Int64, _ name: String) -> String {
        let facts = repositories[repository]
        return "\(facts?.registry ?? "") \(facts?.name.description ?? "") \(name)"
    }

    /// The world after `items` are carried out now.
    func removing(_ items: some Sequence<PlanItem>) -> World {
        var world = self
        for item in items {
            if let tag = item.tagID { world.tags[tag] = nil }
            guard item.kind == .manifest || item.removesManifest else { continue }
            if let manifest = item.manifestID { world.manifests[manifest] = nil }
        }
        let tagged = Set(world.tags.values.compactMap(\.manifest))
        let before = Set(tags.values.compactMap(\.manifest))
        for id in before.subtracting(tagged) { world.manifests[id]?.untaggedSince = Self.now }
        return world
    }
}

extension InventorySlice {
    /// The closed slice for some candidates only.
    func page(_ candidates: some Sequence<Candidate>) -> InventorySlice {
        var page = InventorySlice()
        page.candidates = Array(candidates)
        page.repositories = repositories
        var waiting: [Int64] = []
        for candidate in page.candidates {
            switch candidate {
            case .tag(let id): waiting.append(contentsOf: page.add(tags[id]))
            case .untagged(let id, _): waiting.append(id)
            }
        }
        while let id = waiting.popLast() {
            guard let manifest = manifests[id], page.manifests[id] == nil else { continue }
            page.manifests[id] = manifest
            waiting += manifest.parents + manifest.children + manifest.referrers
            waiting += [manifest.subject].compactMap(\.self)
            for tag in manifest.tags + manifest.referrerTags {
                waiting.append(contentsOf: page.add(tags[tag]))
            }
        }
        return page
    }

    private mutating func add(_ tag: TagFacts?) -> [Int64] {
        guard let tag else { return [] }
        tags[tag.id] = tag
        return [tag.manifest, tag.subject].compactMap(\.self)
    }
}
