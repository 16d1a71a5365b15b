package import AccessLedger
package import RegistryModel
package import RetentionPlanning

/// Walks the ledger's coldest images through the planner until there is enough to remove.
package struct PlanMaker: Sendable {
    let ledger: Ledger
    let policies: [Policy]
    let history: Span
    /// Registries that tell themselves when a tag was last pulled.
    let telling: Set<String>
    /// Whether the clock can be believed.
    let clock: ClockWatch

    package init(
        ledger: Ledger,
        policies: [Policy],
        history: Span,
        telling: Set<String> = [],
        machine: @escaping @Sendable () -> MachineMoment? = { nil }
    ) {
        self.ledger = ledger
        clock = ClockWatch(ledger: ledger, machine: machine)
        self.policies = policies
        self.history = history
        self.telling = telling
    }

    /// A finished plan, not stored yet.
    package struct Draft: Sendable {
        package var items: PackedList<RunItem>
        package var kept: Int
        package var keptReasons: [Reason: Int]
        package var released: Int64
        package var brake: BrakeHit?
        package var reachesGoal: Bool
        /// What is to be said of repositories that could not be listed.
        package var unlisted = ""
        /// Why the clock can't be believed; empty where it can.
        package var clockDoubt = ""
    }

    /// Plans over `targets`, for policies of these modes only.
    ///
    /// Images whose policy has another mode are passed over; those that no policy is for are looked
    /// at with `observe`, or with a sweep by default rules. `isQuick` does not read repositories in
    /// which nothing can go: the removals are the same, but of what stays there only that is told.
    package func draft(
        _ scope: CleanupScope,
        over targets: [CleanupTarget],
        modes: Set<Policy.Mode>,
        isQuick: Bool = false,
        now: Timestamp
    ) async throws -> Draft {
        var coverage: [String: Coverage] = [:]
        for target in targets {
            coverage[target.row.name] = try await provenCoverage(target, now)
        }
        let doubt = try await clockDoubt(scope, now)
        let request = request(scope, now: now, regrets: try await regrets(now), doubt)
        var planner = Planner(request: request, coverage: coverage)
        var leftOut = LeftOut(prospects: Prospects(request: request, coverage: coverage))
        for target in targets {
            let place = try await place(scope, target)
            for kind in [Trigger.Target.untagged, .tags] where scope.targets.contains(kind.rawValue)
            {
                let part =
                    isQuick
                    ? try await promising(kind, in: place, modes: modes, &leftOut) : place
                guard let part else { continue }
                try await walk(
                    &planner,
                    part,
                    modes,
                    kind == .tags ? ledger.coldestTags : ledger.coldestUntagged
                )
            }
        }
        let rows = Dictionary(
            targets.map { ($0.row.name, $0.row) },
            uniquingKeysWith: { first, _ in first }
        )
        var draft = Self.draft(&planner, rows)
        draft.kept += leftOut.counts.values.reduce(0, +)
        draft.keptReasons.merge(leftOut.counts, uniquingKeysWith: +)
        draft.clockDoubt = doubt ?? ""
        draft.unlisted = try await unlisted(scope, targets)
        return draft
    }

    /// Plans the removal of named images: no policy is asked, but structure still protects.
    package func draft(
        deleting candidates: [InventorySlice.Candidate],
        of target: CleanupTarget,
        now: Timestamp
    ) async throws -> Draft {
        let byHand = Policy(
            name: Self.byHandName,
            keep: .init(pushedWithin: .zero, isNone: true),
            untaggedAfter: .zero,
            mode: .enforce
        )
        let request = PlanRequest(policies: [byHand], now: now, waivesEvidence: true)
        var planner = Planner(request: request, coverage: [:])
        planner.consider(try await ledger.slice(of: candidates, rule: rule(now)))
        return Self.draft(&planner, [target.row.name: target.row])
    }

    /// The policy name under which removals by hand are planned and stored.
    package static let byHandName = "by hand"

    // MARK: Parts

    func request(
        _ scope: CleanupScope,
        now: Timestamp,
        regrets: [RegretFacts],
        _ clockDoubt: String?
    ) -> PlanRequest {
        PlanRequest(
            policies: policies,
            now: now,
            targets: Set(scope.targets.compactMap(Trigger.Target.init(rawValue:))),
            olderThan: scope.olderThanMilliseconds.map(Span.init(milliseconds:)),
            maximum: scope.maximum,
            goal: scope.planningGoal,
            waivesEvidence: scope.waivesEvidence,
            sweepDefault: scope.sweepDefault,
            telling: telling,
            regrets: regrets,
            clockDoubt: clockDoubt
        )
    }

    private func place(
        _ scope: CleanupScope,
        _ target: CleanupTarget
    ) async throws -> CandidateScope {
        guard !scope.repositories.isEmpty else { return CandidateScope(registry: target.row) }
        // What a threshold fired for is named in full: no need to look at all the others.
        let named = scope.repositories.compactMap { RepositoryName($0) }
        if named.count == scope.repositories.count {
            return CandidateScope(
                registry: target.row,
                repositories: try await ledger.rows(of: named, in: target.row)
            )
        }
        let all = try await ledger.repositories(of: target.row)
        return CandidateScope(
            registry: target.row,
            repositories: all.filter { scope.matches($0.name) }.map(\.id)
        )
    }

    private typealias Pages =
        @Sendable (
            CandidateScope, CandidateCursor, Int,
            @escaping @Sendable (RepositoryFacts) -> SliceRule
        ) async throws -> CandidatePage

    private func walk(
        _ planner: inout Planner,
        _ place: CandidateScope,
        _ modes: Set<Policy.Mode>,
        _ pages: Pages
    ) async throws {
        var cursor: CandidateCursor? = .start
        var size = Self.firstPage
        while let place = cursor.map({ (place, $0) }), !planner.isSatisfied {
            let page = try await pages(place.0, place.1, size, rule(planner.request.now))
            planner.consider(only(modes, page.slice, planner.request))
            cursor = page.next
            size = min(size * 4, Self.largestPage)
        }
    }

    /// A first look at few, since often few are needed; then in larger steps.
    private static let firstPage = 32
    private static let largestPage = 512

    /// The slice with those candidates only whose policy has one of these modes.
    private func only(
        _ modes: Set<Policy.Mode>,
        _ slice: InventorySlice,
        _ request: PlanRequest
    ) -> InventorySlice {
        var slice = slice
        slice.candidates = slice.candidates.filter { candidate in
            let id: Int64? =
                switch candidate {
                case .tag(let id): slice.tags[id]?.repository
                case .untagged(_, let repository): repository
                }
            guard let facts = id.flatMap({ slice.repositories[$0] }) else { return false }
            return modes.contains(mode(of: facts, request))
        }
        return slice
    }

    /// What the ledger has to count for the policy of a repository.
    func rule(_ now: Timestamp) -> @Sendable (RepositoryFacts) -> SliceRule {
        let policies = policies
        return { facts in
            let policy = policies.deciding(registry: facts.registry, repository: facts.name)
            let untagged = policy?.keep.accessed ?? .untaggedDefault
            return SliceRule(
                tagWindow: policy?.keep.accessed.map { (now - $0.within).hour },
                untaggedWindow: (now - untagged.within).hour,
                newest: policy?.keep.newest ?? 0,
                versions: policy?.keep.versions.map {
                    .init(majors: $0.majors, minors: $0.minors)
                },
                needsLabels: policy?.keep.labels.isEmpty == false
            )
        }
    }

    private static func draft(
        _ planner: inout Planner,
        _ rows: [String: RegistryRow]
    ) -> Draft {
        var draft = Draft(
            items: [],
            kept: planner.kept,
            keptReasons: planner.keptReasons,
            released: planner.released,
            brake: planner.brake(),
            reachesGoal: planner.isSatisfied
        )
        planner.drain { item in
            guard let row = rows[item.registry] else { return }
            draft.items.append(RunItem(item, ordinal: draft.items.count, of: row))
        }
        return draft
    }
}

extension RunItem {
    init(_ item: PlanItem, ordinal: Int, of registry: RegistryRow) {
        self.init(
            ordinal: ordinal,
            kind: item.kind.rawValue,
            registry: registry,
            repositoryId: item.repositoryID,
            repository: item.repository,
            reason: item.reason.rawValue
        )
        tagId = item.tagID
        tag = item.tag
        manifestId = item.manifestID
        digest = item.digest
        why = item.detail
        policy = item.policy
        isEnforced = item.mode == .enforce
        lastAccess = item.lastAccess
        accesses = item.accesses
        bytes = item.bytes
        removesManifest = item.removesManifest
    }
}

extension RunRecord {
    /// A name for what would be removed: equal for equal removals.
    static func fingerprint(of items: some Sequence<RunItem>) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for item in items {
            let text =
                "\(item.registry.id) \(item.repositoryId) \(item.tag?.description ?? "") "
                + "\(item.digest?.description ?? "") \(item.kind)\n"
            for byte in text.utf8 {
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
            }
        }
        return String(hash, radix: 16)
    }
}
