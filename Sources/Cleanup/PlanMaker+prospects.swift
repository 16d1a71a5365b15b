import AccessLedger
import RegistryModel
import RetentionPlanning

extension PlanMaker {
    /// What of a walk is left out because nothing could come of it, by reason.
    struct LeftOut {
        var prospects: Prospects
        var counts: [Reason: Int] = [:]
    }

    /// The part of `place` in which something could be removed; nil where that is nowhere.
    ///
    /// The rest is counted in `leftOut`, and need not be read.
    func promising(
        _ target: Trigger.Target,
        in place: CandidateScope,
        modes: Set<Policy.Mode>,
        _ leftOut: inout LeftOut
    ) async throws -> CandidateScope? {
        var worthwhile: [Int64] = []
        var isWhole = true
        for facts in try await repositories(of: place) {
            let count = target == .tags ? facts.tags : facts.untagged
            guard count > 0 else { continue }
            guard modes.contains(mode(of: facts, leftOut.prospects.request)) else {
                isWhole = false
                continue
            }
            if let reason = leftOut.prospects.obstacle(to: target, in: facts) {
                leftOut.counts[reason, default: 0] += count
                isWhole = false
            } else {
                worthwhile.append(facts.id)
            }
        }
        guard !worthwhile.isEmpty else { return nil }
        guard !isWhole else { return place }
        return CandidateScope(registry: place.registry, repositories: worthwhile)
    }

    /// The repositories of a scope in the order of the walk.
    private func repositories(of place: CandidateScope) async throws -> [RepositoryFacts] {
        guard let named = place.repositories else {
            return try await ledger.repositories(of: place.registry).sorted { $0.id < $1.id }
        }
        let facts = try await ledger.repositories(Set(named))
        return named.compactMap { facts[$0] }
    }

    /// The mode of what decides about a repository.
    func mode(of facts: RepositoryFacts, _ request: PlanRequest) -> Policy.Mode {
        let policy = policies.deciding(registry: facts.registry, repository: facts.name)
        return policy?.mode ?? (request.sweepDefault ? .enforce : .observe)
    }
}
