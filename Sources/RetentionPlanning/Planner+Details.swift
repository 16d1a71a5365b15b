import RegistryModel

extension Planner {
    /// Why an image goes that was chosen for itself.
    func removalReason(of image: Image) -> Reason {
        guard image.tag != nil else { return .untagged }
        return accessRule(for: image) == nil ? .notProtected : .notAccessed
    }

    /// One line of numbers for a removal.
    func removalDetail(_ reason: Reason, of image: Image) -> String {
        switch reason {
        case .notAccessed: return accessDetail(image)
        case .untagged:
            let age = untaggedDetail(image)
            return request.waivesEvidence ? age : "\(age), \(accessDetail(image))"
        case .removedWithIndex: return "every index that holds it is removed"
        case .removedWithSubject: return "the manifest that it belongs to is removed"
        default: return "no rule of policy \(image.ground.policy?.name ?? "by default") keeps it"
        }
    }

    /// One line of numbers on a rule, whether it holds or not.
    func detail(_ rule: Reason, holds: Bool, of image: Image) -> String {
        switch rule {
        case .noPolicy, .noKeepRule: policyDetail(rule, holds: holds, of: image)
        case .clockInDoubt: request.clockDoubt ?? "the clock is not in doubt"
        case .locked: holds ? "the registry has it locked" : "the registry has no lock on it"
        case .manifestUnread:
            holds ? "what it points to is not known or not read" : "its manifest is read"
        case .repositoryUnreadable:
            "\(image.repository.unreadable) manifests of \(image.repository.name) are not read"
        case .repositoryUnlisted:
            "\(image.repository.name) could not be listed since "
                + "\(image.repository.unlisted?.since.text ?? "ever"): "
                + "\(image.repository.unlisted?.why ?? "")"
        case .freshPush:
            "last pushed, found moved or first seen \(image.pushed.text), kept for "
                + "\(image.ground.pushedWithin)"
        case .tagPattern: patternDetail(image)
        case .newest: newestDetail(image)
        case .version: versionDetail(image)
        case .label, .labelsUnread: labelDetail(rule, holds: holds, of: image)
        case .regretted: regretDetail(image)
        case .accessed, .historyIncomplete: accessDetail(image)
        case .inKeptIndex: holds ? "an index that stays holds it" : "no index that stays holds it"
        case .taggedManifest: holds ? "a tag that stays points to it" : "no tag points to it"
        case .referrerOfKept:
            subjectDetail(image, holds: holds)
        case .untaggedRecently:
            "\(untaggedDetail(image)), kept for \(image.ground.untaggedAfter) without a tag"
        case .newerThanAsked:
            "last pushed or first seen \(image.age.text), asked for older than "
                + "\(request.olderThan ?? .zero)"
        case .overMaximum: "\(chosen) of at most \(request.maximum ?? 0) removed"
        case .notNeeded: holds ? "the low mark is reached" : "the low mark is not reached"
        default: removalDetail(rule, of: image)
        }
    }

    /// Counted accesses against the rule, and how far its window was heard.
    private func accessDetail(_ image: Image) -> String {
        guard let rule = accessRule(for: image) else { return "no access rule" }
        if isTold(image, for: rule), let told = toldDetail(image) {
            return "\(told), kept for \(rule.within)"
        }
        let counted = "\(image.accessesInWindow) of \(rule.atLeast) accesses in \(rule.within)"
        let evidence = image.ground.evidence
        guard !evidence.isCovered else {
            return "\(counted), covered since \(evidence.coveredSince?.text ?? "ever")"
        }
        let missed =
            evidence.hasLoss ? "known losses" : "\(evidence.uncovered.inWholeSeconds) not heard"
        guard let from = evidence.holdsFrom else {
            return "\(counted), \(missed), no coverage yet"
        }
        return "\(counted), \(missed), will hold from \(from.text) if nothing is missed"
    }

    private func subjectDetail(_ image: Image, holds: Bool) -> String {
        if image.tag?.mayBelongToUnknown ?? false {
            return "it may belong to a tag of which it is not known what it points to"
        }
        return holds ? "the manifest that it belongs to stays" : "what it belonged to is removed"
    }

    private func policyDetail(_ rule: Reason, holds: Bool, of image: Image) -> String {
        guard let policy = image.ground.policy else {
            return holds ? "no policy is for \(image.repository.name)" : "swept by default rules"
        }
        guard rule == .noKeepRule, holds else { return "policy \(policy.name) decides" }
        return "policy \(policy.name) has no keep rule"
    }

    private func patternDetail(_ image: Image) -> String {
        let patterns = image.ground.policy?.keep.tags ?? []
        guard let name = image.tag?.name, let hit = patterns.first(where: { $0.matches(name) })
        else { return "matches none of \(patterns.map(\.description).joined(separator: ", "))" }
        return "matches \(hit)"
    }

    private func newestDetail(_ image: Image) -> String {
        let newest = image.ground.policy?.keep.newest ?? 0
        let newer = image.tag?.newerTags ?? 0
        // The ledger stops counting there.
        return "\(newer)\(newer >= newest ? " or more" : "") newer tags, the newest \(newest) stay"
    }

    private func versionDetail(_ image: Image) -> String {
        guard let rule = image.ground.policy?.keep.versions, let standing = image.tag?.version
        else { return "no version" }
        func newer(_ count: Int, _ limit: Int?, _ noun: String) -> String? {
            guard count > 0 else { return nil }
            return "\(count)\(count >= limit ?? .max ? " or more" : "") newer \(noun)"
        }
        let found = [
            newer(standing.newerMajors, rule.majors, "majors"),
            newer(standing.newerMinors, rule.minors, "minors"),
            newer(standing.newerPatches, 1, "patches"),
        ].compactMap(\.self)
        let counts = found.isEmpty ? "no newer version" : found.joined(separator: ", ")
        return "\(counts); \(rule) stays"
    }

    private func labelDetail(_ rule: Reason, holds: Bool, of image: Image) -> String {
        guard rule == .label else {
            return holds
                ? "its image configuration, or one that it holds, is not read, or can't be"
                : "all its labels are known"
        }
        let patterns = image.ground.policy?.keep.labels ?? []
        guard let hit = labelRule(for: image)?.hit else {
            return "none of \(patterns.map(\.description).joined(separator: ", ")) is on it"
        }
        return "has a label like \(hit)"
    }

    private func regretDetail(_ image: Image) -> String {
        "something of its like that was removed was asked for \(image.regret?.text ?? "never"), "
            + "which keeps for \(image.ground.regretTime)"
    }

    private func untaggedDetail(_ image: Image) -> String {
        let since = image.manifest.map { $0.untaggedSince ?? $0.firstSeen }
        return "without a tag since \(since?.text ?? "ever")"
    }
}
