import AccessLedger
import RegistryClients
import RegistryModel

/// What a registry with an API of its own says of the images of one group, asked once for all.
actor GroupLook {
    private let group: [RunItem]
    private let target: CleanupTarget
    /// What was said of the digest that the group shares.
    private var shared: ImageLook?

    init(group: [RunItem], target: CleanupTarget) {
        self.group = group
        self.target = target
    }

    /// How an item's image is now; nil where the registry has only the OCI API.
    func look(at item: RunItem) async throws -> ImageLook? {
        guard let client = target.client as? any TellingRegistry else { return nil }
        guard let digest = item.digest else {
            throw ItemRemover.Obstacle.skipped("the plan does not name its digest")
        }
        if group.count > 1, let tag = item.tag {
            let common = try await commonLook(client, item, digest)
            // Times and locks are each tag's own.
            if case .present(var facts) = common, let own = facts.tags?[tag] {
                facts.digest = digest
                facts.pushedAt = own.pushedAt
                facts.isLocked = own.isLocked
                return .present(facts)
            }
        }
        return try await client.look(at: item.repository, tag: item.tag, digest: digest)
    }

    private func commonLook(
        _ client: any TellingRegistry,
        _ item: RunItem,
        _ digest: Digest
    ) async throws -> ImageLook {
        if let shared { return shared }
        let look = try await client.look(at: item.repository, tag: nil, digest: digest)
        shared = look
        return look
    }
}

extension ItemRemover {
    /// Compares an item with what the registry tells right before the removal.
    func compare(
        _ item: RunItem,
        _ tag: TagFacts?,
        with look: ImageLook,
        in group: [RunItem]
    ) throws {
        guard case .present(let facts) = look else { throw Obstacle.gone }
        if item.tag != nil {
            guard let digest = facts.digest else {
                throw Obstacle.skipped("the registry does not tell what the tag points to")
            }
            guard digest == item.digest else {
                throw Obstacle.skipped("the tag points to \(digest) now")
            }
        }
        guard !facts.isLocked else { throw Obstacle.skipped("it was locked since the plan") }
        if let pushed = facts.pushedAt, let known = tag?.pushedAt, pushed > known {
            throw Obstacle.skipped("it was pushed since the plan")
        }
        try compareToldUse(tag, facts.use)
        guard item.removesManifest || item.tagId == nil, let tags = facts.tags else { return }
        let planned = Set(group.compactMap(\.tag))
        if let other = tags.keys.filter({ !planned.contains($0) }).min() {
            throw Obstacle.held("the registry has another tag of it, \(other)")
        }
    }

    private func compareToldUse(_ tag: TagFacts?, _ use: ToldUse?) throws {
        guard let told = tag?.told else { return }
        guard let use else {
            throw Obstacle.skipped("the registry does not tell any more when it was last pulled")
        }
        guard case .at(let last) = use else { return }
        guard let known = told.lastPull, last <= known else {
            throw Obstacle.skipped("it was pulled since the plan")
        }
    }
}
