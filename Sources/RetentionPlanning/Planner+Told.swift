import RegistryModel

// What a registry itself tells of a tag's last pull: evidence that needs nobody to have listened.
extension Planner {
    /// Whether what the registry told answers an access rule: whether there was any use at all.
    ///
    /// How often, only the ledger knows.
    func isTold(_ image: Image, for rule: Policy.AccessRule) -> Bool {
        guard rule.atLeast <= 1, image.ground.count.contains(.pull), let tag = image.tag,
            let told = tag.told
        else { return false }
        // What was pushed after it told is something else.
        guard told.at >= tag.pushedAt ?? told.at else { return false }
        return told.at + Self.toldFor >= request.now
    }

    /// Whether the registry tells of a use within a window, whose start falls back to the full hour.
    func isToldToBeUsed(_ image: Image, for rule: Policy.AccessRule) -> Bool {
        guard rule.atLeast <= 1, let tag = image.tag, let told = tag.told else { return false }
        let start = (request.now - rule.within).startOfHour
        let classes = image.ground.count
        if classes.contains(.pull), let last = told.lastPull, last >= start { return true }
        guard classes.contains(.push), let pushed = tag.pushedAt else { return false }
        return pushed >= start
    }

    /// What was told, for people; nil where nothing was.
    func toldDetail(_ image: Image) -> String? {
        guard let told = image.tag?.told else { return nil }
        let last = told.lastPull.map { "last pulled \($0.text)" } ?? "never pulled since its push"
        return "\(last), as the registry told \(told.at.text)"
    }

    /// A listing that is older says too little; each image is looked at once more anyway.
    private static let toldFor = Span.days(7)
}
