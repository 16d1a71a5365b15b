package import RegistryModel

/// Tells where a walk over all images could remove none of them: before any of them is read.
///
/// Only what holds for a whole repository is judged, whether it was listed, its policy and the
/// coverage of its access rule.
/// Leaving out what it names changes no removal of a plan.
package struct Prospects: Sendable {
    package let request: PlanRequest
    private let coverage: [String: Coverage]
    private var answers: [Window: Bool] = [:]

    private struct Window: Hashable {
        var registry: String
        var span: Span
    }

    package init(request: PlanRequest, coverage: [String: Coverage]) {
        self.request = request
        self.coverage = coverage
    }

    /// Why every tag, or every untagged manifest, of `repository` stays; nil where some may go.
    package mutating func obstacle(
        to target: Trigger.Target,
        in repository: RepositoryFacts
    ) -> Reason? {
        let policy = request.policies.deciding(
            registry: repository.registry,
            repository: repository.name
        )
        if policy == nil, target == .tags || !request.sweepDefault { return .noPolicy }
        if policy?.keep.isEmpty == true { return .noKeepRule }
        let isWaived = target == .untagged && request.waivesEvidence
        if request.clockDoubt != nil, !isWaived { return .clockInDoubt }
        if repository.unlisted != nil { return .repositoryUnlisted }
        let own = policy?.keep.accessed
        let rule: Policy.AccessRule? =
            if target == .tags { own } else {
                isWaived ? nil : own ?? .untaggedDefault
            }
        guard let rule, !isCovered(rule.within, of: repository.registry) else { return nil }
        let isTold = target == .tags && rule.atLeast <= 1
        if isTold, request.telling.contains(repository.registry) { return nil }
        return .historyIncomplete
    }

    /// Asked once for each window: coverage has many spans, and a registry many repositories.
    private mutating func isCovered(_ span: Span, of registry: String) -> Bool {
        let window = Window(registry: registry, span: span)
        if let known = answers[window] { return known }
        let heard = coverage[registry] ?? Coverage()
        let answer = heard.answer(window: span, now: request.now).isCovered
        answers[window] = answer
        return answer
    }
}
