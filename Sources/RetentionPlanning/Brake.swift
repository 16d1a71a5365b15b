package import RegistryModel

/// The first limit of a policy's brake that a plan goes over; it then waits for approval.
package struct BrakeHit: Sendable, Equatable, CustomStringConvertible {
    package enum Limit: Sendable, Equatable {
        /// More removals in the run than the policy permits.
        case items(count: Int, limit: Int)
        /// A larger share of a repository's tags, in percent.
        case tags(repository: RepositoryName, percent: Double, limit: Double)
        /// A larger share of a repository's untagged manifests, in percent.
        case untagged(repository: RepositoryName, percent: Double, limit: Double)
        /// As many removals were regretted of late as the policy permits.
        case regrets(count: Int, limit: Int, within: Span)
    }

    package var policy: String
    package var limit: Limit

    package var description: String {
        switch limit {
        case .items(let count, let limit):
            "brake of policy \(policy): \(count) removals, at most \(limit) without approval"
        case .tags(let repository, let percent, let limit):
            "brake of policy \(policy): \(Self.rounded(percent)) % of the tags of \(repository), "
                + "at most \(Self.rounded(limit)) % without approval"
        case .untagged(let repository, let percent, let limit):
            "brake of policy \(policy): \(Self.rounded(percent)) % of the untagged manifests of "
                + "\(repository), at most \(Self.rounded(limit)) % without approval"
        case .regrets(let count, let limit, let within):
            "brake of policy \(policy): \(count) of its removals were asked for in the past "
                + "\(within), paused from \(limit) on; see `lastpull regrets`"
        }
    }

    private static func rounded(_ percent: Double) -> String {
        let tenths = Int((percent * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(abs(tenths % 10))"
    }
}

extension Planner {
    /// The first brake that the plan so far goes over: of policies in order, then of repositories by
    /// name.
    ///
    /// A repository whose facts are missing counts as wholly removed.
    package func brake() -> BrakeHit? {
        var byPolicy: [String: [Int64: RepositoryTally]] = [:]
        for item in items {
            guard let policy = item.policy else { continue }
            byPolicy[policy, default: [:]][
                item.repositoryID,
                default: RepositoryTally(name: item.repository)
            ].add(item.kind)
        }
        for policy in request.policies {
            guard let own = byPolicy[policy.name] else { continue }
            let regretted = regrets(of: policy)
            if let limit = policy.brake.regrets, regretted >= limit {
                return BrakeHit(
                    policy: policy.name,
                    limit: .regrets(count: regretted, limit: limit, within: policy.regretTime)
                )
            }
            let count = own.values.reduce(0) { $0 + $1.tags + $1.untagged }
            if let limit = policy.brake.items, count > limit {
                return BrakeHit(policy: policy.name, limit: .items(count: count, limit: limit))
            }
            guard let share = policy.brake.share else { continue }
            let hits = own.compactMap { id, tally in
                Self.shareHit(tally, of: repositories[id], over: share).map { (tally.name, $0) }
            }
            guard let hit = hits.min(by: { $0.0 < $1.0 }) else { continue }
            return BrakeHit(policy: policy.name, limit: hit.1)
        }
        return nil
    }

    /// How many removals of a policy were regretted of late, and not approved since.
    private func regrets(of policy: Policy) -> Int {
        request.regrets.count {
            $0.policy == policy.name && !$0.isApproved
                && $0.at + policy.regretTime > request.now
        }
    }

    /// How many removals of one policy are in one repository.
    private struct RepositoryTally {
        var name: RepositoryName
        var tags = 0
        var untagged = 0

        mutating func add(_ kind: PlanItem.Kind) {
            switch kind {
            case .tag: tags += 1
            case .manifest: untagged += 1
            }
        }
    }

    private static func shareHit(
        _ tally: RepositoryTally,
        of facts: RepositoryFacts?,
        over limit: Double
    ) -> BrakeHit.Limit? {
        let ofTags = percent(tally.tags, of: facts?.tags)
        if ofTags > limit {
            return .tags(repository: tally.name, percent: ofTags, limit: limit)
        }
        let ofUntagged = percent(tally.untagged, of: facts?.untagged)
        guard ofUntagged > limit else { return nil }
        return .untagged(repository: tally.name, percent: ofUntagged, limit: limit)
    }

    private static func percent(_ count: Int, of total: Int?) -> Double {
        guard count > 0 else { return 0 }
        return min(100, 100 * Double(count) / Double(max(total ?? 0, 1)))
    }
}
