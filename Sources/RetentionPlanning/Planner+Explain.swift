package import RegistryModel

extension Planner {
    /// Says what a full cleanup would do with one image of `slice`, and what each rule says.
    ///
    /// The whole slice is planned for it, since what else goes may be what holds the image. Goal,
    /// maximum and what was considered before do not matter. A tagged manifest may be asked for by
    /// `untagged` too. Nil where the slice lacks the image.
    package func explain(
        _ candidate: InventorySlice.Candidate,
        in slice: InventorySlice
    ) -> (verdict: Verdict, rules: [RuleOutcome])? {
        var everything = request
        everything.goal = .everything
        everything.maximum = nil
        everything.targets = [.tags, .untagged]
        var planner = Planner(request: everything, coverage: coverage)
        guard let image = planner.image(of: candidate, in: slice) else { return nil }
        planner.consider(slice.closed(around: image.repository.id))
        let rules = planner.outcomes(of: image)
        if let item = planner.item(removing: image) {
            return (.remove(item.reason, detail: item.detail), rules)
        }
        let reason = planner.protection(of: image, among: Self.rules(for: image))
        guard let reason else { return (.keep(.notNeeded, detail: ""), rules) }
        let detail = planner.detail(reason, holds: true, of: image)
        return (.keep(reason, detail: detail), rules)
    }

    private func outcomes(of image: Image) -> [RuleOutcome] {
        Self.rules(for: image).compactMap { rule in
            holds(rule, for: image).map {
                RuleOutcome(
                    rule: rule.rawValue,
                    holds: $0,
                    detail: detail(rule, holds: $0, of: image)
                )
            }
        }
    }

    private func item(removing image: Image) -> PlanItem? {
        guard image.tag == nil else { return items.first { $0.tagID == image.tag?.id } }
        return items.first {
            $0.manifestID == image.manifest?.id && ($0.kind == .manifest || $0.removesManifest)
        }
    }
}

extension InventorySlice {
    /// The slice with all it holds as candidates; manifests without a tag as of `repository`.
    fileprivate func closed(around repository: Int64) -> InventorySlice {
        var slice = self
        slice.candidates = tags.keys.map { .tag($0) }
        for manifest in manifests.values where manifest.tags.isEmpty {
            slice.candidates.append(.untagged(manifest.id, repository: repository))
        }
        return slice
    }
}
