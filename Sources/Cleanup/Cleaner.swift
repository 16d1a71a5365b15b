package import AccessLedger
import Foundation
package import Logging
import RegistryClients
package import RegistryModel
package import RetentionPlanning

/// Plans, stores, brakes and runs cleanups; one at a time for a registry, across processes.
package struct Cleaner: Sendable {
    package let ledger: Ledger
    package let planMaker: PlanMaker
    package let targets: [CleanupTarget]
    /// Ends what this cleaner carries out after what is under way.
    package let interruption: Interruption
    let executor: RunExecutor
    let logger: Logger
    let now: @Sendable () -> Timestamp

    package init(
        ledger: Ledger,
        policies: [Policy],
        history: Span,
        targets: [CleanupTarget],
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp,
        machine: @escaping @Sendable () -> MachineMoment? = { nil },
        onProgress: @escaping @Sendable (RunProgress) -> Void = { _ in }
    ) {
        interruption = Interruption()
        self.ledger = ledger
        self.targets = targets
        self.logger = logger
        self.now = now
        planMaker = PlanMaker(
            ledger: ledger,
            policies: policies,
            history: history,
            telling: Set(targets.filter(\.traits.tellsLastPull).map(\.row.name)),
            machine: machine
        )
        executor = RunExecutor(
            ledger: ledger,
            planMaker: planMaker,
            logger: logger,
            now: now,
            interruption: interruption,
            onProgress: onProgress
        )
    }

    /// Why a cleanup is asked for.
    package struct Cause: Sendable {
        /// The trigger's name, or the command.
        package var name: String
        /// What was measured, for people.
        package var measured: String

        package init(name: String, measured: String = "") {
            self.name = name
            self.measured = measured
        }
    }

    package func target(named name: String) throws(CleanupError) -> CleanupTarget {
        guard let target = targets.first(where: { $0.row.name == name }) else {
            throw .unknownRegistry(name)
        }
        return target
    }

    /// The registries that a scope is about.
    package func targets(of scope: CleanupScope) throws(CleanupError) -> [CleanupTarget] {
        guard let name = scope.registry else { return targets }
        return [try target(named: name)]
    }

    // MARK: Plans

    /// Plans and stores what would go, and stops there: `plan` and `--dry-run`.
    package func plan(_ scope: CleanupScope, cause: Cause) async throws -> RunRecord {
        try await foretell(scope, cause: cause).run
    }

    /// Plans and stores the same, and says what `clean` would remove of it now: nothing of a policy
    /// that only observes, and nothing at all where a brake would hold it.
    package func foretell(
        _ scope: CleanupScope,
        cause: Cause
    ) async throws -> (run: RunRecord, goes: [RunItem]) {
        let draft = try await draft(scope, modes: [.enforce, .observe])
        let goes = draft.brake == nil ? draft.items.filter(\.isEnforced) : []
        return (try await store(draft, scope, cause), goes)
    }

    /// Stores a draft, which is not to be carried out.
    private func store(
        _ draft: PlanMaker.Draft,
        _ scope: CleanupScope,
        _ cause: Cause
    ) async throws -> RunRecord {
        var run = try record(draft, scope, cause, state: .planned)
        run.note = Self.joined([Self.wants(draft, cause), run.note])
        try await ledger.create(run)
        return run
    }

    /// Plans, stores and, where policies enforce and no brake holds it, carries out.
    ///
    /// What a kill has left half done is finished first.
    package func clean(_ scope: CleanupScope, cause: Cause) async throws -> RunRecord {
        let finished = Self.told(of: try await resume())
        let locks = try locks(scope)
        defer { withExtendedLifetime(locks) {} }
        let draft = try await draft(scope, modes: [.enforce, .observe])
        if draft.brake != nil, draft.items.contains(where: \.isEnforced),
            let waiting = try await waiting(draft, scope, cause)
        {
            return waiting
        }
        return try await carryOut(draft, scope, cause, note: finished)
    }

    /// The plan that waits for approval since the same was asked for before.
    private func waiting(
        _ draft: PlanMaker.Draft,
        _ scope: CleanupScope,
        _ cause: Cause
    ) async throws -> RunRecord? {
        try await ledger.waitingRun(
            RunRecord.fingerprint(of: draft.items),
            ofCause: cause.name,
            scope: scope.text
        )
    }

    /// Plans the removal of named images; carried out unless it is a dry run.
    package func delete(
        _ candidates: [InventorySlice.Candidate],
        images: [String],
        of target: CleanupTarget,
        isDryRun: Bool
    ) async throws -> RunRecord {
        let finished = isDryRun ? "" : Self.told(of: try await resume())
        let lock = try isDryRun ? nil : RunLock(ledger: ledger.path, registry: target.row.name)
        defer { withExtendedLifetime(lock) {} }
        let draft = try await planMaker.draft(deleting: candidates, of: target, now: now())
        var scope = CleanupScope()
        scope.registry = target.row.name
        scope.images = images
        let cause = Cause(name: "delete")
        guard !isDryRun else { return try await store(draft, scope, cause) }
        return try await carryOut(draft, scope, cause, note: finished)
    }

    func draft(
        _ scope: CleanupScope,
        modes: Set<Policy.Mode>,
        isQuick: Bool = false
    ) async throws -> PlanMaker.Draft {
        let draft = try await planMaker.draft(
            scope,
            over: try targets(of: scope),
            modes: modes,
            isQuick: isQuick,
            now: now()
        )
        FreedMemory.giveBack(after: draft.items.count)
        return draft
    }

    /// Stores a draft, and executes it where it may be.
    func carryOut(
        _ draft: PlanMaker.Draft,
        _ scope: CleanupScope,
        _ cause: Cause,
        note: String = ""
    ) async throws -> RunRecord {
        let isEnforced = draft.items.contains { $0.isEnforced }
        let isBraked = isEnforced && draft.brake != nil
        var run = try record(
            draft,
            scope,
            cause,
            state: isBraked ? .waiting : isEnforced ? .running : .planned
        )
        // Where nothing is to go, what was asked for is done.
        if draft.items.isEmpty, run.mode == Policy.Mode.enforce.rawValue { run.state = .done }
        if isBraked, let brake = draft.brake {
            let held = "\(brake); `lastpull approve \(run.name)` carries it out"
            run.note = Self.joined([held, note, run.note])
        }
        if !isEnforced {
            run.note = Self.joined([note, Self.wants(draft, cause), run.note])
        }
        try await ledger.create(
            run,
            announcing: announcements(of: run, draft),
            endsOlder: isEnforced
        )
        guard isEnforced, !isBraked else { return run }
        _ = try await executor.execute(run, on: targets, note: Self.joined([note, run.note]))
        return try await ledger.run(run.name) ?? run
    }

    static func joined(_ notes: [String]) -> String {
        notes.filter { !$0.isEmpty }.joined(separator: "; ")
    }

    /// What people have to know of a plan before it is carried out: that there is no way back.
    private func warning(about items: PackedList<RunItem>) -> String {
        let names = Set(items.lazy.map(\.registry.name))
        let reasons = targets.filter { names.contains($0.row.name) }.compactMap { target in
            target.traits.noWayBack.map { "\(target.row.name): \($0)" }
        }
        return reasons.joined(separator: "; ")
    }

    func record(
        _ draft: PlanMaker.Draft,
        _ scope: CleanupScope,
        _ cause: Cause,
        state: RunRecord.State
    ) throws -> RunRecord {
        let time = now()
        var run = RunRecord(
            name: RunName(at: time),
            cause: cause.name,
            measured: cause.measured,
            scope: try scope.text,
            mode: draft.items.contains { $0.isEnforced } || draft.items.isEmpty
                ? Policy.Mode.enforce.rawValue : Policy.Mode.observe.rawValue,
            state: state,
            createdAt: time
        )
        if draft.items.isEmpty { run.mode = emptyMode(scope).rawValue }
        run.items = draft.items
        run.kept = draft.kept
        for (reason, count) in draft.keptReasons { run.keptReasons[reason.rawValue] = count }
        run.fingerprint = RunRecord.fingerprint(of: draft.items)
        run.note = Self.joined([
            draft.clockDoubt, warning(about: draft.items), draft.unlisted,
        ])
        if state.isOver { run.endedAt = time }
        return run
    }

    /// The mode of a plan that removes nothing: what the policies in question say.
    private func emptyMode(_ scope: CleanupScope) -> Policy.Mode {
        let inQuestion = planMaker.policies.filter { policy in
            scope.registry.map(policy.concerns) ?? (policy.engine == nil)
        }
        if inQuestion.isEmpty { return scope.sweepDefault ? .enforce : .observe }
        return inQuestion.contains { $0.mode == .enforce } ? .enforce : .observe
    }

    /// What is told of a plan that is not carried out now.
    private func announcements(of run: RunRecord, _ draft: PlanMaker.Draft) -> [PruneEvent] {
        guard run.state != .running, !run.items.isEmpty else { return [] }
        var byRegistry: [String: (items: Int, bytes: Int64)] = [:]
        for item in run.items {
            byRegistry[item.registry.name, default: (0, 0)].items += 1
            byRegistry[item.registry.name, default: (0, 0)].bytes += item.bytes
        }
        return byRegistry.sorted { $0.key < $1.key }.map { name, sum in
            PruneEvent(
                type: "registry",
                action: run.state == .waiting ? "waiting" : "plan",
                actor: name,
                attributes: [
                    "registry": name, "run": run.name.description, "trigger": run.cause,
                    "measured": run.measured, "mode": run.mode, "items": "\(sum.items)",
                    "released": "\(sum.bytes)", "note": run.note,
                ],
                time: run.createdAt
            )
        }
    }
}
