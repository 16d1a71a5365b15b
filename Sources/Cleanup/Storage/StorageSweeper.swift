package import AccessLedger
package import Logging
import RegistryClients
package import RegistryModel
package import RegistryStorage

/// Takes from a registry's disk what no manifest needs, while the registry runs (design, 5.8).
///
/// What goes is moved into the quarantine first, the registry is made to forget it, the tree is
/// marked again, and only a later `purge` gives the bytes back. Whatever is asked for meanwhile
/// comes back.
package struct StorageSweeper: Sendable {
    let ledger: Ledger
    let logger: Logger
    let now: @Sendable () -> Timestamp
    /// The registries of the settings file; nil without one, when nobody knows which there are.
    let names: Set<String>?
    /// Whether the clock can be believed.
    let clock: ClockWatch
    /// When it is raised, nothing more is begun: what was taken comes to its end or goes back, and the
    /// rest stays.
    let interruption: Interruption

    package init(
        ledger: Ledger,
        registries names: Set<String>?,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp,
        machine: @escaping @Sendable () -> MachineMoment? = { nil },
        interruption: Interruption = Interruption()
    ) {
        self.names = names
        clock = ClockWatch(ledger: ledger, machine: machine)
        self.ledger = ledger
        self.logger = logger
        self.now = now
        self.interruption = interruption
    }

    /// A planned sweep with what is needed to carry it out.
    struct Draft: Sendable {
        var root: StorageRoot
        var removals: [Taking]
        /// How many of them were deleted at once, or may have been.
        var begun = 0
        /// Folders that hold nothing.
        var folders: [StoragePath]
        var run: RunRecord
        var way: ForgetWay
        /// Whether things may go at once: nobody else works on the tree, as far as one can tell.
        var isAtRest: Bool
        /// When the mark began on which it rests.
        var beganAt: Timestamp
        /// Bytes of all that the registry holds, where the whole was looked at.
        var total: Int64?
        var doubts: [String]
        /// Bytes of the blobs that go and that manifests release which go before.
        var releasedBefore: [Digest: Int64]
    }

    /// Plans, stores, and carries out what no brake holds.
    ///
    /// - Throws: `CancellationError` where an interruption came before anything was stored.
    package func sweep(
        _ request: StorageRequest,
        of target: CleanupTarget
    ) async throws -> RunRecord {
        let lock = try RunLock(ledger: ledger.path, registry: target.row.name)
        defer { withExtendedLifetime(lock) {} }
        let root = try open(target)
        let own = try storageLock(root, target)
        defer { withExtendedLifetime(own) {} }
        try await finishCutOff(target, root)
        try await endMissingContent(target, root)
        var draft = try await draft(request, of: target)
        if interruption.isRaised { throw CancellationError() }
        if request.isSilentWhenEmpty, draft.removals.isEmpty, draft.folders.isEmpty {
            draft.run.state = .done
            return draft.run
        }
        if let hit = brakeHit(draft, request) {
            return try await hold(draft.run, hit, target)
        }
        draft.run.state = .running
        try await ledger.create(draft.run, endsOlder: true)
        FaultPoint.planned.reach()
        return try await carryOut(draft, request, target)
    }

    func open(_ target: CleanupTarget) throws -> StorageRoot {
        guard let path = target.storage else { throw CleanupError.noStorage(target.row.name) }
        return try StorageRoot(path: path)
    }

    func storageLock(_ root: StorageRoot, _ target: CleanupTarget) throws -> QuarantineLock {
        guard let lock = try QuarantineLock(root) else {
            throw CleanupError.alreadyRunning(registry: target.row.name)
        }
        return lock
    }

    // MARK: Planning

    func draft(_ request: StorageRequest, of target: CleanupTarget) async throws -> Draft {
        let root = try open(target)
        let time = now()
        let presence = RegistryPresence.onStorage(root)
        let way = await forgetWay(target, presence)
        var rules = rules(request, target, way)
        if !request.isNow {
            let named = try await ledger.manifestsNamed(since: time - target.grace, in: target.row)
            // A slow push may count on what it looked for long ago.
            let since = time - max(target.grace, rules.slowPush)
            let blobs = try await ledger.blobsNamed(since: since, in: target.row)
            rules.lastNamed = { [named[$0], blobs.latest($0)].compactMap(\.self).max() }
        }
        let settled = rules
        let references = LedgerReferences(ledger: ledger)
        let found = try await offPool {
            try Self.look(request, root, references, settled, time)
        }
        var removals = found.removals
        let obstacle = try await obstacle(to: request, target, presence, time)
        if !obstacle.isEmpty { removals = [] }
        removals = try await withoutHeldLinks(removals, root, target)
        if let only = request.only {
            removals = removals.filter { only.contains($0.item(0, target.row).identity) }
        }
        var run = RunRecord(
            name: RunName(at: time),
            cause: request.cause.name,
            measured: request.cause.measured,
            scope: try request.scope.text,
            mode: "enforce",
            state: .planned,
            createdAt: time
        )
        run.storage = PackedList(
            removals.enumerated().lazy.map { $1.item($0, target.row) }
        )
        run.kept = found.kept.values.reduce(0, +)
        run.keptReasons = found.kept
        run.note = [
            obstacle, found.doubts.isEmpty ? "" : Self.said(found.doubts),
            Self.said(request, target),
        ]
        .filter { !$0.isEmpty }.joined(separator: "; ")
        return Draft(
            root: root,
            removals: removals,
            folders: request.only == nil && obstacle.isEmpty ? found.folders : [],
            run: run,
            way: way,
            isAtRest: isAtRest(target, presence, way),
            beganAt: time,
            total: found.total,
            doubts: found.doubts,
            releasedBefore: found.releasedBefore
        )
    }

    private struct Look: Sendable {
        var removals: [Taking]
        var folders: [StoragePath] = []
        var kept: [String: Int]
        var total: Int64?
        var doubts: [String]
        var releasedBefore: [Digest: Int64] = [:]
    }

    private static func look(
        _ request: StorageRequest,
        _ root: StorageRoot,
        _ references: LedgerReferences,
        _ rules: SweepRules,
        _ time: Timestamp
    ) throws -> Look {
        if let images = request.images {
            let found = try ImageRemoval.plan(
                images,
                root: root,
                references: references,
                rules: rules,
                now: time
            )
            if let missing = found.missing.first {
                throw CleanupError.unknownImage("\(missing)")
            }
            return Look(
                removals: try found.tags.map(Taking.init)
                    + found.plan.removals.compactMap(Taking.init).map { try $0.judged(on: root) },
                folders: found.folders,
                kept: found.plan.kept.named,
                total: nil,
                doubts: said(found)
            )
        }
        let (plan, totals, doubts) = try lookAtAll(request, root, references, rules, time)
        FreedMemory.giveBack(after: plan.removals.count)
        var removals: [Taking] = []
        removals.reserveCapacity(plan.removals.count)
        removals += plan.removals.lazy.compactMap(Taking.init)
        return Look(
            removals: removals,
            folders: plan.removals.filter { $0.kind == .folder }.flatMap(\.ownFiles),
            kept: plan.kept.named,
            total: totals.bytes,
            doubts: doubts.map { "\($0)" },
            releasedBefore: plan.releasedBefore
        )
    }

    /// Marks the whole; of the mark, which knows every digest, nothing is left when it returns.
    private static func lookAtAll(
        _ request: StorageRequest,
        _ root: StorageRoot,
        _ references: LedgerReferences,
        _ rules: SweepRules,
        _ time: Timestamp
    ) throws -> (plan: SweepPlan, totals: Mark.Totals, doubts: [Doubt]) {
        let mark = try Marker(root: root, references: references)
            .mark(request.condemned, now: time)
        var rules = rules
        if rules.leavesManifestData { rules.manifestLike = mark.manifestLike(in: root) }
        return (SweepPlan(mark, rules: rules, now: time), mark.totals, mark.doubts)
    }

    /// What was refused, and what of other repositories could not be understood.
    private static func said(_ found: ImageRemoval) -> [String] {
        let refused = Set(found.refused.map(\.image.repository))
        let others = found.doubts.filter { doubt in
            doubt.extent != .entry && !(doubt.repository.map(refused.contains) ?? false)
        }
        return found.refused.map { "\($0.image): \($0.reason)" } + others.map { "\($0)" }
    }

    private func rules(
        _ request: StorageRequest,
        _ target: CleanupTarget,
        _ way: ForgetWay
    ) -> SweepRules {
        var rules = SweepRules(grace: target.grace)
        rules.isNow = request.isNow
        rules.scope = request.kinds
        rules.manifestsGoBefore = request.manifestsGoBefore
        rules.leavesManifestData = !way.takesManifestData
        if !request.scope.repositories.isEmpty {
            let scope = request.scope
            rules.repositories = { scope.matches($0) }
        }
        return rules
    }

    /// Why a sweep that was asked for untagged manifests takes none.
    private static func said(_ request: StorageRequest, _ target: CleanupTarget) -> String {
        let isBlind =
            request.images == nil && request.kinds.contains(.revisions)
            && !request.condemned.allUntagged && target.url.isEmpty
        guard isBlind else { return "" }
        return "untagged manifests stay (historyIncomplete): a disk does not tell who pulls them; "
            + "--now takes them all the same, and a daemon that hears the registry finds out"
    }

    private static func said(_ doubts: [String]) -> String {
        let first = doubts.prefix(doubtsSaid).joined(separator: "; ")
        let rest = doubts.count - doubtsSaid
        return "kept in doubt: \(first)" + (rest > 0 ? "; and \(rest) more" : "")
    }

    private static let doubtsSaid = 5
}

extension [KeepReason: Int] {
    fileprivate var named: [String: Int] {
        reduce(into: [String: Int]()) { $0[$1.key.rawValue] = $1.value }
    }
}

extension ImageReference: CustomStringConvertible {
    package var description: String {
        switch part {
        case .tag(let tag): "\(repository):\(tag)"
        case .digest(let digest): "\(repository)@\(digest)"
        case .whole: "\(repository)"
        }
    }
}
