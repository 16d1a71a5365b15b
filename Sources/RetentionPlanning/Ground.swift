import RegistryModel

/// What decides about all images of one repository: its policy and the coverage that it needs.
struct Ground: Sendable {
    let policy: Policy?
    /// The access rule for untagged manifests: the policy's own, else the default.
    let untaggedRule: Policy.AccessRule
    /// The coverage of that rule.
    let evidence: CoverageAnswer
    /// Nothing counts as pushed or untagged before this.
    let knownSince: Timestamp
    /// The newest regrets of the repository.
    let regrets: (tags: Timestamp?, untagged: Timestamp?)

    init(repository: RepositoryFacts, request: PlanRequest, coverage: Coverage?) {
        let heard = coverage ?? Coverage()
        regrets = request.regrets.newest(of: repository.id)
        policy = request.policies.deciding(
            registry: repository.registry,
            repository: repository.name
        )
        untaggedRule = policy?.keep.accessed ?? .untaggedDefault
        evidence = heard.answer(window: untaggedRule.within, now: request.now)
        knownSince = heard.knownSince
    }

    var count: Set<AccessClass> { policy?.count ?? Policy.defaultCount }

    var pushedWithin: Span { policy?.keep.pushedWithin ?? Policy.Keep.defaultPushedWithin }

    var regretTime: Span { policy?.regretTime ?? Policy.Keep.defaultRegretTime }

    var untaggedAfter: Span { policy?.untaggedAfter ?? Policy.defaultUntaggedAfter }
}

/// A tag with what it points to, or a manifest by itself, with all that decides about it.
struct Image {
    let tag: TagFacts?
    let manifest: ManifestFacts?
    let repository: RepositoryFacts
    let ground: Ground
    /// Whether it is looked at because something it belongs to is removed.
    var isAttached = false

    /// The newest push of tag or manifest, or when it was first seen.
    var pushed: Timestamp {
        let times = [
            tag.map { $0.pushedAt ?? $0.firstSeen },
            manifest.map { $0.pushedAt ?? $0.firstSeen },
        ]
        return times.compactMap(\.self).reduce(ground.knownSince, max)
    }

    /// The last push of what is named, or when it was first seen.
    var age: Timestamp {
        if let tag { return max(tag.pushedAt ?? tag.firstSeen, ground.knownSince) }
        return pushed
    }

    /// The newest regret of its like.
    var regret: Timestamp? { tag == nil ? ground.regrets.untagged : ground.regrets.tags }

    var lastAccess: Timestamp? {
        [tag?.lastAccess, manifest?.lastAccess, tag?.told?.lastPull].compactMap(\.self).max()
    }

    var accessesInWindow: Int {
        max(
            tag?.inWindow.total(of: ground.count) ?? 0,
            manifest?.inWindow.total(of: ground.count) ?? 0
        )
    }

    /// A registry that tells of a last pull tells of one access at least.
    var accessesInHistory: Int {
        max(
            tag?.inHistory.total(of: ground.count) ?? 0,
            manifest?.inHistory.total(of: ground.count) ?? 0,
            tag?.told?.lastPull == nil ? 0 : 1
        )
    }

    /// The manifests it belongs to as a signature or another referrer.
    ///
    /// A tag that is named for its own manifest does not belong to it.
    var subjects: [Int64] {
        let named = [tag?.subject, manifest?.subject].compactMap(\.self) + (tag?.holders ?? [])
        return named.filter { $0 != manifest?.id }
    }
}
