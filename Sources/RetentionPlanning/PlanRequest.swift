package import RegistryModel

/// How much is to be removed: the plan stops as soon as it is reached.
package enum Goal: Sendable, Hashable {
    /// All that policies allow.
    case everything
    /// Until this many bytes are referred to by no manifest any more.
    ///
    /// Only what helps is removed: a tag goes with its manifest, hence together with all its other
    /// tags, or not at all.
    case release(bytes: Int64)
    /// Until this many tags are removed, those that go along included.
    case tags(count: Int)
    /// Until this many manifests that had no tag are removed.
    case untagged(count: Int)
}

/// What a plan is asked for.
package struct PlanRequest: Sendable, Equatable {
    package var policies: [Policy]
    package var now: Timestamp
    /// What is looked for; what goes along with a removal goes either way.
    package var targets: Set<Trigger.Target>
    /// Only what was pushed (else first seen) longer ago.
    package var olderThan: Span?
    /// At most this many images; what goes along with one is not counted.
    package var maximum: Int?
    package var goal: Goal
    /// Waives, for untagged manifests only, the fresh push, `untaggedAfter` and the access rule.
    package var waivesEvidence: Bool
    /// Sweeps untagged manifests by default rules where no policy decides, in place of keeping them.
    package var sweepDefault: Bool
    /// Registries that tell themselves when a tag was last pulled.
    package var telling: Set<String>
    /// Regrets of late.
    package var regrets: [RegretFacts]
    /// Why the clock can't be believed, for people; nil where it can.
    ///
    /// What is old by it stays.
    package var clockDoubt: String?

    package init(
        policies: [Policy],
        now: Timestamp,
        targets: Set<Trigger.Target> = [.tags, .untagged],
        olderThan: Span? = nil,
        maximum: Int? = nil,
        goal: Goal = .everything,
        waivesEvidence: Bool = false,
        sweepDefault: Bool = false,
        telling: Set<String> = [],
        regrets: [RegretFacts] = [],
        clockDoubt: String? = nil
    ) {
        self.policies = policies
        self.now = now
        self.targets = targets
        self.olderThan = olderThan
        self.maximum = maximum
        self.goal = goal
        self.waivesEvidence = waivesEvidence
        self.sweepDefault = sweepDefault
        self.telling = telling
        self.regrets = regrets
        self.clockDoubt = clockDoubt
    }
}

/// One removal of a plan.
package struct PlanItem: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case tag
        case manifest
    }

    package var kind: Kind
    package var registry: String
    package var repository: RepositoryName
    package var repositoryID: Int64
    package var tag: TagName?
    package var tagID: Int64?
    package var digest: Digest?
    package var manifestID: Int64?
    package var reason: Reason
    package var detail: String
    /// The policy that decided; nil for a sweep by default rules.
    package var policy: String?
    package var mode: Policy.Mode
    package var lastAccess: Timestamp?
    /// Counted accesses over all of the kept history.
    package var accesses: Int
    /// What no manifest refers to any more once this item and those before it are removed.
    package var bytes: Int64
    /// Whether a tag takes its manifest along, being its last.
    package var removesManifest: Bool
}
