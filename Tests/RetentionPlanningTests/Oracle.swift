import RegistryModel
import RetentionPlanning

// A second, naive reading of the rules: why something must not be removed, or nil.
extension GeneratedCase {
    private func policy(of repository: RepositoryFacts?) -> Policy? {
        request.policies.first {
            $0.repositories.contains { $0.matches(repository?.name.description ?? "") }
        }
    }

    func protection(
        of tag: TagFacts,
        in facts: InventorySlice,
        besides planner: Planner
    ) -> String? {
        let repository = facts.repositories[tag.repository]
        guard let policy = policy(of: repository), !policy.keep.isEmpty else { return "policy" }
        guard let id = tag.manifest, let manifest = facts.manifests[id], manifest.reading == .read
        else { return "unread" }
        if tag.isLocked || manifest.isLocked { return "locked" }
        let pushes = [tag.pushedAt ?? tag.firstSeen, manifest.pushedAt ?? manifest.firstSeen]
        let fresh = policy.keep.pushedWithin ?? .hours(24)
        if pushes.contains(where: { World.now - $0 < fresh }) { return "fresh" }
        let name = tag.name.description
        if !policy.keep.tags.isEmpty, name.hasPrefix("v1") || name.hasPrefix("keep-") {
            return "pattern"
        }
        if let newest = policy.keep.newest, tag.name.subject == nil, tag.newerTags < newest {
            return "newest"
        }
        if let rule = policy.keep.accessed {
            let counts = [tag.inWindow, manifest.inWindow].map { $0.total(of: policy.count) }
            if counts.contains(where: { $0 >= rule.atLeast }) { return "accessed" }
            if !covered.contains(repository?.registry ?? "") { return "uncovered" }
        }
        let subjects = [tag.subject, manifest.subject].compactMap(\.self)
        let kept = subjects.first { $0 != id && !planner.removedManifests.contains($0) }
        return kept == nil ? nil : "referrer"
    }

    func protection(
        of manifest: ManifestFacts,
        in facts: InventorySlice,
        besides planner: Planner,
        isSwept: Bool
    ) -> String? {
        let repository = world.home[manifest.id].flatMap { facts.repositories[$0] }
        let policy = policy(of: repository)
        if policy == nil, !request.sweepDefault || !manifest.tags.isEmpty { return "policy" }
        if policy?.keep.isEmpty == true { return "no rule" }
        if manifest.isLocked { return "locked" }
        if manifest.reading != .read || repository?.unreadable != 0 { return "unread" }
        if !planner.removedTags.isSuperset(of: manifest.tags) { return "tagged" }
        if !planner.removedManifests.isSuperset(of: manifest.parents) { return "index" }
        if let subject = manifest.subject, !planner.removedManifests.contains(subject) {
            return "subject"
        }
        guard !(request.waivesEvidence && manifest.tags.isEmpty) else { return nil }
        let fresh = policy?.keep.pushedWithin ?? .hours(24)
        if World.now - (manifest.pushedAt ?? manifest.firstSeen) < fresh { return "fresh" }
        let rule = policy?.keep.accessed ?? (isSwept ? .untaggedDefault : nil)
        guard let rule, !request.waivesEvidence else { return nil }
        let count = policy?.count ?? Policy.defaultCount
        if manifest.inWindow.total(of: count) >= rule.atLeast { return "accessed" }
        return covered.contains(repository?.registry ?? "") ? nil : "uncovered"
    }
}
