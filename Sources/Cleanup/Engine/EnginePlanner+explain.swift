import AccessLedger
import RegistryClients
import RetentionPlanning

// Why one image of an engine stays, or would go; pure.
extension EnginePlanner {
    /// What becomes of one image.
    struct Explanation: Equatable {
        var isRemoval = false
        var reason: String
        var detail: String
        var policy: String?
        /// One for each name of the image: all of them must let it go.
        var rules: [RuleOutcome] = []
    }

    /// Says what a plan over all images would make of `image`, and why.
    mutating func explain(
        _ image: EngineImage,
        _ uses: [String: EngineUse],
        _ policies: [Policy]
    ) -> Explanation {
        let standings = standings(policies)
        let rules = image.policyNames.map { name in
            var one = image
            if !image.tags.isEmpty { one.tags = [name] } else { one.digests = [name] }
            let verdict = verdict(one, uses[image.id], policies, standings).verdict
            let detail = name.isEmpty ? verdict.detail : "\(name): \(verdict.detail)"
            return RuleOutcome(
                rule: verdict.reason.rawValue,
                holds: !verdict.isRemoval,
                detail: detail
            )
        }
        let whole = verdict(image, uses[image.id], policies, standings)
        let policy = whole.policy.name.isEmpty ? nil : whole.policy.name
        if let user = inventory.user(of: image) {
            let detail = "container \(user.name) (\(user.state)) is made of it"
            return Explanation(reason: "inUse", detail: detail, policy: policy, rules: rules)
        }
        let isPlanned = leastRecentlyUsed(uses, policies, needed: .max).items
            .contains { $0.subject == image.id }
        if whole.verdict.isRemoval, !isPlanned {
            return Explanation(
                reason: "hasChildren",
                detail: "an image that stays is built upon it",
                policy: policy,
                rules: rules
            )
        }
        return Explanation(
            isRemoval: isPlanned,
            reason: whole.verdict.reason.rawValue,
            detail: whole.verdict.detail,
            policy: policy,
            rules: rules
        )
    }
}

extension EngineInventory {
    /// A container that is made of an image; nil where there is none.
    fileprivate func user(of image: EngineImage) -> EngineContainer? {
        containers.first { container in
            var alone = self
            alone.containers = [container]
            return alone.imagesInUse().contains(image.id)
        }
    }
}
