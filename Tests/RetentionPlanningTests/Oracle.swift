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
        if repository?.unlisted != nil { return "unlisted" }
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
        if isNewestVersion(tag, policy.keep.versions) { return "version" }
        if !policy.keep.labels.isEmpty, isLabelled(manifest) { return "label" }
        if isRegretted(tag.repository, policy, besides: .manifest) { return "regret" }
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
        if repository?.unlisted != nil { return "unlisted" }
        if manifest.isLocked { return "locked" }
        if manifest.reading != .read || repository?.unreadable != 0 { return "unread" }
        if !planner.removedTags.isSuperset(of: manifest.tags) { return "tagged" }
        if !planner.removedManifests.isSuperset(of: manifest.parents) { return "index" }
        if let subject = manifest.subject, !planner.removedManifests.contains(subject) {
            return "subject"
        }
        if policy?.keep.labels.isEmpty == false, isLabelled(manifest) { return "label" }
        if isSwept || manifest.tags.isEmpty, let place = world.home[manifest.id],
            isRegretted(place, policy, besides: .tag)
        {
            return "regret"
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

    private func isLabelled(_ manifest: ManifestFacts) -> Bool {
        guard let facts = manifest.labels, !facts.isIncomplete else { return true }
        return facts.labels.contains { $0.key == "keep" }
    }

    private func isRegretted(
        _ repository: Int64,
        _ policy: Policy?,
        besides other: RegretFacts.Kind
    ) -> Bool {
        let span = policy?.keep.accessed?.within ?? .days(7)
        return request.regrets.contains {
            $0.repository == repository && $0.kind != other && World.now - $0.at < span
        }
    }

    /// By sorting all versions of the repository, in place of looking at what is newer.
    private func isNewestVersion(_ tag: TagFacts, _ rule: Policy.VersionRule?) -> Bool {
        guard let rule, let own = VersionTag(tag.name) else { return false }
        let all = world.tags.values.filter { $0.repository == tag.repository }
            .compactMap { VersionTag($0.name) }
            .filter { $0.series == own.series && $0.minor != nil }
        let majors = Set(all.map(\.major)).sorted(by: >).prefix(rule.majors ?? .max)
        guard majors.contains(own.major) else { return false }
        guard let minor = own.minor else { return true }
        let ofMajor = all.filter { $0.major == own.major }
        let minors = Set(ofMajor.compactMap(\.minor)).sorted(by: >).prefix(rule.minors ?? .max)
        guard minors.contains(minor) else { return false }
        return own.patch == nil
            || own.patch == ofMajor.filter { $0.minor == minor }.compactMap(\.patch).max()
    }
}
