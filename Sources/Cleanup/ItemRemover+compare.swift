import AccessLedger
import RegistryClients
import RegistryModel
import RetentionPlanning

// The last look before a removal: what changed since the plan keeps an item.
extension ItemRemover {
    /// - Returns: What the ledger knows of the item's tag.
    func compareWithLedger(_ item: RunItem, in group: [RunItem]) async throws -> TagFacts? {
        let candidate: InventorySlice.Candidate? =
            item.tagId.map { .tag($0) }
            ?? item.manifestId.map { .untagged($0, repository: item.repositoryId) }
        guard let candidate else { throw Obstacle.skipped("the plan does not name it exactly") }
        let slice = try await ledger.slice(
            of: [candidate],
            rule: executor.planMaker.rule(run.createdAt)
        )
        let tag = item.tagId.flatMap { slice.tags[$0] }
        if item.tagId != nil {
            guard let tag else { throw Obstacle.gone }
            guard tag.manifest == item.manifestId else {
                throw Obstacle.skipped("the tag points to another manifest since the plan")
            }
        }
        guard let manifest = item.manifestId.flatMap({ slice.manifests[$0] }) else {
            throw Obstacle.gone
        }
        try compareUse(item, tag, manifest)
        if power != .tagOnly, item.removesManifest || item.tagId == nil {
            try compareHolders(manifest, group)
            try compareReading(slice.repositories[item.repositoryId])
            // A registry that tells all tags of a digest is asked for just that.
            if !(target.client is any TellingRegistry),
                let tag = try await doubts.unknownTag(in: item, of: target)
            {
                throw Obstacle.skipped("the registry has a tag \(tag) that the ledger did not know")
            }
        }
        try await comparePolicy(item, candidate, slice)
        return tag
    }

    func compareHolders(_ manifest: ManifestFacts, _ group: [RunItem]) throws {
        let planned = Set(group.compactMap(\.tagId))
        guard manifest.tags.allSatisfy(planned.contains) else {
            throw Obstacle.held("another tag points to it since the plan")
        }
        guard manifest.parents.isEmpty else {
            throw Obstacle.held("an index that is still there holds it")
        }
        guard manifest.subject == nil else {
            throw Obstacle.held("the manifest that it belongs to is still there")
        }
    }

    /// A manifest that is not read may be an index that holds this one.
    private func compareReading(_ repository: RepositoryFacts?) throws {
        guard repository?.unreadable == 0 else {
            throw Obstacle.skipped("some manifest of the repository is not read")
        }
    }

    func compareUse(_ item: RunItem, _ tag: TagFacts?, _ manifest: ManifestFacts) throws {
        let pushed = max(
            tag?.pushedAt ?? .init(milliseconds: 0),
            manifest.pushedAt ?? .init(milliseconds: 0)
        )
        guard pushed <= run.createdAt else {
            throw Obstacle.skipped("it was pushed since the plan")
        }
        let used = [tag?.lastAccess, manifest.lastAccess].compactMap(\.self).max()
        guard (used?.milliseconds ?? 0) <= (item.lastAccess?.milliseconds ?? 0) else {
            throw Obstacle.skipped("it was accessed since the plan")
        }
    }

    /// Asks the policies of today once more: what came to be known since the plan may protect it, as
    /// may a gap, or a setting that was changed before a restart.
    private func comparePolicy(
        _ item: RunItem,
        _ candidate: InventorySlice.Candidate,
        _ slice: InventorySlice
    ) async throws {
        guard item.policy != PlanMaker.byHandName else { return }
        let planMaker = executor.planMaker
        let policy = planMaker.policies.deciding(
            registry: target.row.name,
            repository: item.repository
        )
        if item.policy != nil, policy?.mode != .enforce {
            throw Obstacle.skipped("its policy does not enforce any more")
        }
        guard item.tagId != nil || item.reason == Reason.untagged.rawValue else { return }
        let scope = (try? CleanupScope(run.scope)) ?? CleanupScope()
        let now = executor.now()
        let coverage = try await planMaker.coverage(target, now)
        let regrets = try await planMaker.regrets(now)
        let doubt = try await planMaker.clockDoubt(scope, now)
        for moment in [run.createdAt, now] {
            let planner = Planner(
                request: planMaker.request(scope, now: moment, regrets: regrets, doubt),
                coverage: [target.row.name: coverage]
            )
            guard
                case .keep(let reason, let detail)? = planner.explain(candidate, in: slice)?.verdict,
                !Self.narrowing.contains(reason)
            else { continue }
            throw Obstacle.skipped("\(reason.rawValue): \(detail)")
        }
    }

    /// Reasons that say how much was asked for, and nothing about the image.
    private static let narrowing: Set<Reason> = [.newerThanAsked, .overMaximum, .notNeeded]

    func compareWithRegistry(_ item: RunItem) async throws {
        guard let digest = item.digest else {
            throw Obstacle.skipped("the plan does not name its digest")
        }
        let reference: ManifestReference = item.tag.map { .tag($0) } ?? .digest(digest)
        guard let fetched = try await fetch(reference, in: item.repository) else {
            throw Obstacle.gone
        }
        guard fetched.digest == digest else {
            throw Obstacle.skipped("the tag points to \(fetched.digest) now")
        }
        try await ledger.keep(
            KeptManifest(
                digest: fetched.digest,
                mediaType: fetched.mediaType ?? MediaType.ociManifest,
                bytes: fetched.bytes
            ),
            in: item.repositoryId,
            at: executor.now()
        )
    }
}
