package import AccessLedger
package import RegistryModel
package import RetentionPlanning

/// Answers why an image is kept, would go, or is gone; from the ledger alone.
package struct Explainer: Sendable {
    let ledger: Ledger
    let planMaker: PlanMaker
    let now: @Sendable () -> Timestamp

    package init(
        ledger: Ledger,
        planMaker: PlanMaker,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.ledger = ledger
        self.planMaker = planMaker
        self.now = now
    }

    package struct Answer: Sendable, Equatable {
        package var image: String
        package var digest: Digest?
        /// `keep`, `remove` or `gone`.
        package var verdict: String
        package var reason: String
        package var detail: String
        package var rules: [RuleOutcome]
        package var lastAccess: Timestamp?
        package var accesses: Int
        package var coveredSince: Timestamp?
        /// Up to when, where too much was missed since then; nil for now.
        package var coveredUntil: Timestamp?
        /// The run that removed it, with its trigger or command, and the policy that decided.
        package var run: RunName?
        package var cause: String?
        package var policy: String?
        package var removedAt: Timestamp?
        /// Whether it can be put back, as far as the ledger knows; nil where nobody knows.
        package var isRestorable: Bool?
        /// How it comes back, or why it does not.
        package var restore: String?
        /// Requests for it since it is gone.
        package var regret: Regret?
        /// The engine that it is, or was, an image of; nil for a registry's.
        package var engine: String?
    }

    package func explain(
        _ repository: RepositoryName,
        tag: TagName?,
        digest: Digest?,
        of target: CleanupTarget
    ) async throws -> Answer {
        let text = "\(repository)\(tag.map { ":\($0)" } ?? digest.map { "@\($0)" } ?? "")"
        let image = try await ledger.image(repository, tag: tag, digest: digest, in: target.row)
        let time = now()
        let coverage = try await planMaker.provenCoverage(target, time)
        let heard = coverage.answer(window: .hours(1), now: time)
        var answer = Answer(
            image: text,
            digest: image?.digest ?? digest,
            verdict: "gone",
            reason: "gone",
            detail: "",
            rules: [],
            lastAccess: nil,
            accesses: 0,
            coveredSince: heard.coveredSince,
            coveredUntil: heard.coveredUntil,
            run: nil
        )
        if let image, !image.isGone {
            try await explainPresent(image, target, coverage, time, &answer)
            return answer
        }
        try await explainGone(image, (repository, tag, digest), of: target, &answer)
        guard image != nil || answer.run != nil else {
            let failure = try await ledger.unlisted(of: target.row)
                .first { $0.name == repository }?.failure
            throw failure.map { CleanupError.unlistedImage(text, why: $0.why) }
                ?? CleanupError.unknownImage(text)
        }
        return answer
    }

    private func explainPresent(
        _ image: ImageRecord,
        _ target: CleanupTarget,
        _ coverage: Coverage,
        _ time: Timestamp,
        _ answer: inout Answer
    ) async throws {
        let candidate: InventorySlice.Candidate? =
            image.tagId.map { .tag($0) }
            ?? image.manifestId.map { .untagged($0, repository: image.repositoryId) }
        guard let candidate else { return }
        let slice = try await ledger.slice(around: candidate, rule: planMaker.rule(time))
        let planner = Planner(
            request: planMaker.request(
                CleanupScope(),
                now: time,
                regrets: try await planMaker.regrets(time),
                try await planMaker.clockDoubt(CleanupScope(), time)
            ),
            coverage: [target.row.name: coverage]
        )
        let manifest = image.manifestId.flatMap { slice.manifests[$0] }
        let tag = image.tagId.flatMap { slice.tags[$0] }
        let policy = slice.repositories[image.repositoryId].flatMap {
            planMaker.policies.deciding(registry: $0.registry, repository: $0.name)
        }
        let classes = policy?.count ?? Policy.defaultCount
        answer.accesses = max(
            tag?.inHistory.total(of: classes) ?? 0,
            manifest?.inHistory.total(of: classes) ?? 0,
            tag?.told?.lastPull == nil ? 0 : 1
        )
        // Without a counted access there is no last one, whatever else happened to the image.
        answer.lastAccess =
            answer.accesses > 0
            ? [tag?.lastAccess, manifest?.lastAccess, tag?.told?.lastPull].compactMap(\.self).max()
            : nil
        guard let (verdict, rules) = planner.explain(candidate, in: slice) else { return }
        answer.verdict = verdict.isRemoval ? "remove" : "keep"
        answer.reason = verdict.reason.rawValue
        answer.detail = verdict.detail
        answer.rules = rules
    }
}
