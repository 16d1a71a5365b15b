import AccessLedger
import RegistryClients
import RegistryModel

// What is not there any more when its turn comes.
extension ItemRemover {
    /// Whether a kill came between the registry's answer and its being written down: what was heard
    /// of the image since then is no reason to call it kept.
    func wasRemovedBeforeTheKill(_ item: RunItem) async throws -> Bool {
        guard item.state == .started, let digest = item.digest else { return false }
        if item.tag != nil,
            let look = try await GroupLook(group: [item], target: target).look(at: item)
        {
            return look == .gone
        }
        let reference: ManifestReference = item.tag.map { .tag($0) } ?? .digest(digest)
        return try await fetch(reference, in: item.repository) == nil
    }

    /// Writes down that an item needs no removal; its manifest stays if the registry has it.
    ///
    /// One that a kill cut off was removed by us, so its manifest still has to follow.
    func gone(_ item: RunItem) async throws {
        let isOurs = item.state == .started
        var item = item
        if power != .tagOnly, item.tagId != nil, item.removesManifest, let digest = item.digest,
            try await exists(digest, in: item.repository)
        {
            item.removesManifest = isOurs ? try await isUnheld(item) : false
            if item.removesManifest {
                _ = try await target.client.delete(item.repository, .digest(digest))
            }
        }
        try await ledger.removed(
            [item],
            in: run.name,
            detail: isOurs ? "" : RunItem.wasGone,
            at: executor.now(),
            leavingManifests: power == .tagOnly
        )
        await tally.count(1, as: .done)
    }

    /// Whether nothing but the item's own tag holds its manifest, and nobody used it.
    private func isUnheld(_ item: RunItem) async throws -> Bool {
        guard let id = item.manifestId else { return false }
        let slice = try await ledger.slice(
            of: [.untagged(id, repository: item.repositoryId)],
            rule: executor.planMaker.rule(run.createdAt)
        )
        guard let manifest = slice.manifests[id] else { return false }
        do {
            try compareUse(item, nil, manifest)
            try compareHolders(manifest, [item])
        } catch is Obstacle {
            return false
        }
        return true
    }

    private func exists(_ digest: Digest, in repository: RepositoryName) async throws -> Bool {
        do {
            _ = try await target.client.head(repository, .digest(digest))
            return true
        } catch let error where error.kind == .notFound {
            return false
        }
    }
}
