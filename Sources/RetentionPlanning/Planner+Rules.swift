import RegistryModel

extension Planner {
    /// The rules that are asked for `image`, in order; the first that holds keeps it.
    static func rules(for image: Image) -> [Reason] {
        switch (image.tag == nil, image.isAttached) {
        case (false, false): tagRules + limits
        case (false, true): tagRules + [.newerThanAsked]
        case (true, false): untaggedRules + limits
        case (true, true): attachedRules
        }
    }

    private static let tagRules: [Reason] = [
        .noPolicy, .noKeepRule, .clockInDoubt, .locked, .repositoryUnlisted, .manifestUnread,
        .freshPush, .tagPattern, .newest, .version, .label, .labelsUnread, .accessed,
        .historyIncomplete,
        .regretted,
        .referrerOfKept, .repositoryUnreadable,
    ]

    private static let untaggedRules: [Reason] = [
        .noPolicy, .noKeepRule, .clockInDoubt, .locked, .repositoryUnlisted, .repositoryUnreadable,
        .taggedManifest, .inKeptIndex,
        .referrerOfKept, .freshPush, .untaggedRecently, .label, .labelsUnread, .accessed,
        .historyIncomplete, .regretted,
    ]

    /// What holds a manifest back whose index or subject goes.
    ///
    /// Each is a rule for untagged manifests too, so what stays here would stay there: the order
    /// of candidates does not matter.
    private static let attachedRules: [Reason] = [
        .locked, .repositoryUnlisted, .repositoryUnreadable, .taggedManifest, .inKeptIndex,
        .referrerOfKept, .freshPush,
        .label, .labelsUnread, .accessed, .regretted,
    ]

    private static let limits: [Reason] = [.newerThanAsked, .overMaximum, .notNeeded]

    /// The first rule that keeps `image`.
    func protection(of image: Image, among rules: [Reason]) -> Reason? {
        rules.first { holds($0, for: image) ?? false }
    }

    /// Whether `rule` keeps `image`; nil where the rule is not asked for it.
    func holds(_ rule: Reason, for image: Image) -> Bool? {
        switch rule {
        case .noPolicy: isWithoutPolicy(image)
        case .noKeepRule: image.ground.policy?.keep.isEmpty
        case .clockInDoubt: isHeldByClock(image)
        case .locked: image.tag?.isLocked ?? false || image.manifest?.isLocked ?? false
        case .manifestUnread: image.manifest?.reading != .read
        case .repositoryUnlisted: image.repository.unlisted.map { _ in true }
        case .repositoryUnreadable: isHeldByUnreadable(image)
        case .freshPush: isFresh(image)
        case .tagPattern: isNamed(image)
        case .newest: isAmongNewest(image)
        case .version: isNewestVersion(image)
        case .label: labelRule(for: image).map { _, hit in hit != nil }
        case .labelsUnread: labelRule(for: image).map { facts, _ in facts?.isIncomplete ?? true }
        case .regretted: image.regret.map { $0 + image.ground.regretTime > request.now }
        case .accessed:
            accessRule(for: image).map { rule in
                image.accessesInWindow >= rule.atLeast
                    || isToldToBeUsed(image, for: rule)
            }
        case .historyIncomplete:
            accessRule(for: image).map { rule in
                !image.ground.evidence.isCovered && !isTold(image, for: rule)
            }
        case .inKeptIndex: image.manifest.map { removals.hasParent($0) }
        case .taggedManifest: image.manifest.map { removals.hasTag($0) }
        case .referrerOfKept: hasSubject(image)
        case .untaggedRecently: isUntaggedRecently(image)
        case .newerThanAsked: request.olderThan.map { image.age + $0 > request.now }
        case .overMaximum: request.maximum.map { _ in isFull }
        case .notNeeded: request.goal == .everything ? nil : isSatisfied
        case .notAccessed, .notProtected, .untagged, .removedWithIndex, .removedWithSubject: nil
        }
    }

    /// The access rule that protects `image`, where one does.
    ///
    /// What goes along is not asked for the default rule: it was part of something unused.
    func accessRule(for image: Image) -> Policy.AccessRule? {
        let own = image.ground.policy?.keep.accessed
        guard image.tag == nil else { return own }
        guard !request.waivesEvidence else { return nil }
        return image.isAttached ? own : image.ground.untaggedRule
    }

    /// Whether the last tag goes with its manifest: nothing but this tag holds that.
    func takesManifestAlong(_ image: Image) -> Bool {
        guard image.repository.unreadable == 0 else { return false }
        return isLastHold(image)
    }

    private func isLastHold(_ image: Image) -> Bool {
        guard let tag = image.tag, let manifest = image.manifest else { return false }
        return !removals.hasTag(manifest, besides: tag.id) && !isHeldByManifest(manifest)
    }

    /// Whether an index or a subject that stays holds `manifest`.
    func isHeldByManifest(_ manifest: ManifestFacts) -> Bool {
        removals.hasParent(manifest) || isPresent(manifest.subject)
    }

    private func isWithoutPolicy(_ image: Image) -> Bool {
        guard image.ground.policy == nil else { return false }
        return image.tag != nil || !request.sweepDefault
    }

    private func isHeldByClock(_ image: Image) -> Bool? {
        guard !(request.waivesEvidence && image.tag == nil) else { return nil }
        return request.clockDoubt.map { _ in true }
    }

    /// Whether what can't be read holds `image`: a manifest always, of tags the last.
    ///
    /// For a goal of bytes any tag, since none of them would take its manifest along.
    private func isHeldByUnreadable(_ image: Image) -> Bool {
        let isUnreadable = image.repository.unreadable > 0 || image.manifest?.reading != .read
        return isUnreadable && (image.tag == nil || isForBytes || isLastHold(image))
    }

    private func isFresh(_ image: Image) -> Bool? {
        let isUntagged = image.tag == nil && (image.manifest?.tags.isEmpty ?? false)
        guard !(request.waivesEvidence && isUntagged) else { return nil }
        return image.pushed + image.ground.pushedWithin > request.now
    }

    private func isNamed(_ image: Image) -> Bool? {
        guard let tag = image.tag, let keep = image.ground.policy?.keep else { return nil }
        guard !keep.tags.isEmpty else { return nil }
        return keep.tags.contains { $0.matches(tag.name) }
    }

    /// Signature and fallback tags are no versions of anything: they are not ranked.
    private func isAmongNewest(_ image: Image) -> Bool? {
        guard let tag = image.tag, let newest = image.ground.policy?.keep.newest else { return nil }
        return tag.name.subject == nil ? tag.newerTags < newest : nil
    }

    private func isNewestVersion(_ image: Image) -> Bool? {
        guard let rule = image.ground.policy?.keep.versions, let standing = image.tag?.version
        else { return nil }
        return rule.keeps(standing)
    }

    /// The labels of an image, and the first that its policy names; nil where no policy asks.
    func labelRule(for image: Image) -> (facts: LabelFacts?, hit: LabelPattern?)? {
        guard let patterns = image.ground.policy?.keep.labels, !patterns.isEmpty else { return nil }
        let facts = image.manifest?.labels
        let hit = patterns.first { pattern in
            facts?.labels.contains { pattern.matches($0) } ?? false
        }
        return (facts, hit)
    }

    /// Whether what a referrer belongs to stays; of a signature whose image may be what some tag points
    /// to that nobody knows, that it does.
    private func hasSubject(_ image: Image) -> Bool? {
        if image.tag?.mayBelongToUnknown ?? false { return true }
        let subjects = image.subjects
        return subjects.isEmpty ? nil : subjects.contains { isPresent($0) }
    }

    private func isUntaggedRecently(_ image: Image) -> Bool? {
        guard !request.waivesEvidence, let manifest = image.manifest else { return nil }
        let since = max(manifest.untaggedSince ?? manifest.firstSeen, image.ground.knownSince)
        return since + image.ground.untaggedAfter > request.now
    }

    private func isPresent(_ manifest: Int64?) -> Bool {
        manifest.map { !removals.manifests.contains($0) } ?? false
    }
}
