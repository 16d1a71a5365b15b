import AccessLedger
import RegistryModel
import RetentionPlanning

extension PlanMaker {
    /// What was regretted of late, as planning heeds it.
    ///
    /// What a person deleted by hand says nothing about what policies remove, and blobs go when
    /// nothing needs them, whatever a policy says.
    func regrets(_ now: Timestamp) async throws -> [RegretFacts] {
        let times = policies.map(\.regretTime) + [Policy.Keep.defaultRegretTime]
        let longest = times.max() ?? .zero
        return try await ledger.regrets(since: now - longest)
            .filter { $0.kind != "blob" && $0.policy != Self.byHandName }
            .map { regret in
                let along = [Reason.removedWithIndex, .removedWithSubject].map(\.rawValue)
                let kind: RegretFacts.Kind =
                    regret.reason == Reason.untagged.rawValue
                    ? .manifest : along.contains(regret.reason) ? .along : .tag
                return RegretFacts(
                    repository: regret.repositoryId,
                    kind: kind,
                    policy: regret.policy,
                    at: regret.lastAt,
                    isApproved: regret.approvedAt.map { regret.firstAt <= $0 } ?? false
                )
            }
    }
}
