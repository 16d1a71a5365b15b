import AccessLedger
import Cleanup
import Daemon
import RegistryModel
import RetentionPlanning

// What `check` says about patterns that match nothing of what is known: slips, or yet to come.
extension Check {
    func patterns(
        _ targets: [CleanupTarget],
        _ deployment: Deployment
    ) async throws -> [Finding] {
        let ledger = deployment.ledger
        let policies = deployment.settings.policies
        // Where only some registries are looked at, nothing is known of a policy for all.
        var doubts = policies.map { policy in
            PatternDoubts(policy, isAsked: policy.registry != nil || scope.registry == nil)
        }
        for target in targets {
            let name = target.row.name
            let repositories = try await ledger.repositories(of: target.row)
            for repository in repositories where repository.tags > 0 {
                for index in policies.indices where policies[index].concerns(registry: name) {
                    doubts[index].note(repository.name)
                }
                let deciding = policies.firstIndex {
                    $0.matches(registry: name, repository: repository.name)
                }
                guard let deciding, doubts[deciding].decides() else { continue }
                let tags = try await ledger.knownTags(of: repository.name, in: target.row)
                doubts[deciding].note(tags.keys)
            }
        }
        return doubts.flatMap(\.sentences).map {
            Finding(subject: "settings", state: .warning, text: $0)
        }
    }
}

/// What of a policy has not matched anything yet.
private struct PatternDoubts {
    private let policy: String
    private var repositories: [Glob]
    private var tags: [NamePattern]
    private var isAsked: Bool
    /// Whether there is something that it could match.
    private var isKnown = false
    private var hasDecided = false
    private let namesRepositories: Bool

    init(_ policy: Policy, isAsked: Bool) {
        self.policy = policy.name
        self.isAsked = isAsked && policy.engine == nil
        repositories = policy.repositories
        namesRepositories = !policy.repositories.isEmpty
        tags = policy.keep.tags
    }

    mutating func note(_ repository: RepositoryName) {
        isKnown = true
        repositories.removeAll { $0.matches(repository.description) }
    }

    /// Notes that the policy decides about a repository; whether its tags matter.
    mutating func decides() -> Bool {
        hasDecided = true
        return isAsked && !tags.isEmpty
    }

    mutating func note(_ names: some Collection<TagName>) {
        tags.removeAll { pattern in names.contains { pattern.matches($0) } }
    }

    var sentences: [String] {
        guard isAsked, isKnown else { return [] }
        let unmatched = repositories.map {
            "policy \(policy): \($0) matches no repository that is known to have tags"
        }
        guard hasDecided else {
            return namesRepositories && !unmatched.isEmpty
                ? unmatched
                : ["policy \(policy) decides about nothing: policies before it match all of it"]
        }
        return unmatched
            + tags.map {
                "policy \(policy): \($0) in keep.tags matches no tag that the policy decides about, "
                    + "so it keeps none; check how it is written"
            }
    }
}
