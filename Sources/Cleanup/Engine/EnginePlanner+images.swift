package import AccessLedger
import Foundation
import RegistryClients
import RegistryModel
package import RetentionPlanning

// The least recently used images, as far as policies let them go; pure.
extension EnginePlanner {
    /// Plans the removal of images, the one that was not used for the longest time first, until those
    /// bytes come to `needed` that each image has for itself.
    ///
    /// - Parameters:
    ///   - uses: What is known of the use of each image, by its id; an unknown one is kept.
    ///   - policies: Those of this engine, in order; the first that matches a tag decides about it.
    ///   - needed: Bytes that are to come back.
    /// - Returns: The removals, children before their parents.
    package mutating func leastRecentlyUsed(
        _ uses: [String: EngineUse],
        _ policies: [Policy],
        needed: Int64
    ) -> Draft {
        let used = inventory.imagesInUse()
        let standings = standings(policies)
        var decided: [String: ImageVerdict] = [:]
        let chosen = inventory.measuredImages.filter { image in
            guard !used.contains(image.id) else {
                keep("inUse")
                return false
            }
            let verdict = verdict(image, uses[image.id], policies, standings)
            guard case .remove = verdict.verdict else {
                keep(verdict.verdict.reason.rawValue)
                return false
            }
            decided[image.id] = verdict
            return true
        }
        let coldest = chosen.sorted { left, right in
            let (one, two) = (uses[left.id], uses[right.id])
            return (one?.lastUse.milliseconds ?? 0, left.created.milliseconds, left.id)
                < (two?.lastUse.milliseconds ?? 0, right.created.milliseconds, right.id)
        }
        var found: Int64 = 0
        for image in childrenFirst(coldest) {
            guard found < needed, let verdict = decided[image.id] else {
                keep(Reason.notNeeded.rawValue)
                continue
            }
            found += image.unique
            let use = uses[image.id]
            remove(
                .images,
                image.id,
                names: image.tags,
                reason: verdict.verdict.reason.rawValue,
                bytes: image.unique,
                size: image.size
            ) { item in
                item.digests = image.digests
                item.why = verdict.verdict.detail
                item.policy = verdict.policy.name
                item.isEnforced = verdict.policy.mode == .enforce
                item.lastUse = use?.lastUse
                item.uses = use?.uses ?? 0
            }
        }
        return Draft(items: items, kept: kept)
    }

    /// What becomes of an image, and which policy said so.
    struct ImageVerdict {
        var verdict: Verdict
        var policy: Policy
    }

    /// An image with several tags goes only when each of them may.
    func verdict(
        _ image: EngineImage,
        _ use: EngineUse?,
        _ policies: [Policy],
        _ standings: Standings
    ) -> ImageVerdict {
        var last: ImageVerdict?
        for name in image.policyNames {
            let (repository, _) = EngineImage.parts(of: name)
            guard let policy = policies.deciding(engine: engine.name, repository: repository) else {
                let verdict = Verdict.keep(.noPolicy, detail: "no policy is for \(repository)")
                return ImageVerdict(verdict: verdict, policy: Policy(name: ""))
            }
            let verdict = verdict(image, name, use, policy, standings)
            if !verdict.isRemoval { return ImageVerdict(verdict: verdict, policy: policy) }
            // Where one of its policies only observes, nothing is removed.
            if last == nil || policy.mode == .observe {
                last = ImageVerdict(verdict: verdict, policy: policy)
            }
        }
        return last
            ?? ImageVerdict(
                verdict: .keep(.noPolicy, detail: "it has no name"),
                policy: Policy(name: "")
            )
    }

    private func verdict(
        _ image: EngineImage,
        _ name: String,
        _ use: EngineUse?,
        _ policy: Policy,
        _ standings: Standings
    ) -> Verdict {
        let keep = policy.keep
        guard !keep.isEmpty else {
            return .keep(.noKeepRule, detail: "policy \(policy.name) has no keep rule")
        }
        guard let use else {
            return .keep(.historyIncomplete, detail: "nobody has looked at it yet")
        }
        let fresh = keep.pushedWithin ?? Policy.Keep.defaultPushedWithin
        let came = max(use.firstSeen, image.created)
        if now - came < fresh {
            return .keep(.freshPush, detail: "it is here since \(came.text), less than \(fresh)")
        }
        if let verdict = protection(image, name, keep, standings) { return verdict }
        let idle = "not used since \(use.lastUse.text)"
        guard let rule = keep.accessed else {
            return .remove(.notProtected, detail: idle)
        }
        guard now - use.lastUse >= rule.within else {
            return .keep(.accessed, detail: "used at \(use.lastUse.text), within \(rule.within)")
        }
        return .remove(.notAccessed, detail: "\(idle), longer ago than \(rule.within)")
    }

    /// What keeps an image by its name, its labels or its place among its like.
    private func protection(
        _ image: EngineImage,
        _ name: String,
        _ keep: Policy.Keep,
        _ standings: Standings
    ) -> Verdict? {
        if standings.newest.contains(name) {
            return .keep(.newest, detail: "among the newest \(keep.newest ?? 0)")
        }
        let (repository, tag) = EngineImage.parts(of: name)
        // A tag that can't be read matches everything: it is kept.
        if let tag,
            let pattern = keep.tags.first(where: { pattern in
                TagName(tag).map(pattern.matches) ?? true
            })
        {
            return .keep(.tagPattern, detail: "tag \(tag) matches \(pattern)")
        }
        if let rule = keep.versions,
            let standing = tag.flatMap(TagName.init).flatMap({
                standings.versions[repository]?.standing(of: $0)
            }), rule.keeps(standing)
        {
            return .keep(.version, detail: "tag \(tag ?? name): \(rule) stays")
        }
        let hit = keep.labels.first { pattern in
            image.labels.contains { pattern.matches(ImageLabel(key: $0.key, value: $0.value)) }
        }
        return hit.map { .keep(.label, detail: "has a label like \($0)") }
    }

    /// How the tags of each repository stand to each other.
    struct Standings {
        /// Those among the newest of their repositories, by when their images were made.
        var newest: Set<String>
        var versions: [String: VersionRanks]
    }

    func standings(_ policies: [Policy]) -> Standings {
        let tags = inventory.images.flatMap(\.tags).map(EngineImage.parts)
        let byRepository = Dictionary(grouping: tags, by: \.repository)
        return Standings(
            newest: newestTags(policies),
            versions: byRepository.mapValues { tags in
                VersionRanks(tags.compactMap { $0.tag.flatMap(TagName.init) })
            }
        )
    }

    private func newestTags(_ policies: [Policy]) -> Set<String> {
        var byRepository: [String: [(name: String, created: Timestamp)]] = [:]
        for image in inventory.images {
            for name in image.tags {
                let repository = EngineImage.parts(of: name).repository
                byRepository[repository, default: []].append((name, image.created))
            }
        }
        var newest: Set<String> = []
        for (repository, tags) in byRepository {
            let policy = policies.deciding(engine: engine.name, repository: repository)
            guard let count = policy?.keep.newest else { continue }
            let ordered = tags.sorted {
                ($0.created.milliseconds, $0.name) > ($1.created.milliseconds, $1.name)
            }
            newest.formUnion(ordered.prefix(count).map(\.name))
        }
        return newest
    }
}

extension [Policy] {
    /// The policy that decides about a repository's images in an engine, or nil where none does.
    func deciding(engine: String, repository: String) -> Policy? {
        first { policy in
            policy.engine == engine
                && (policy.repositories.isEmpty
                    || policy.repositories.contains { $0.matches(repository) })
        }
    }
}

extension EngineImage {
    /// The names by which policies are chosen: its tags, else what it was pulled by, else none.
    var policyNames: [String] {
        if !tags.isEmpty { return tags }
        return digests.isEmpty ? [""] : digests
    }

    /// The parts of a name such as `host:5000/team/api:1` or `team/api@sha256:…`.
    static func parts(of name: String) -> (repository: String, tag: String?) {
        if let at = name.firstIndex(of: "@") { return (String(name[..<at]), nil) }
        guard let colon = name.lastIndex(of: ":"), !name[colon...].contains("/") else {
            return (name, nil)
        }
        return (String(name[..<colon]), String(name[name.index(after: colon)...]))
    }
}

extension Timestamp {
    /// The moment in UTC, to the second.
    fileprivate var moment: String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1_000).formatted(.iso8601)
    }
}
