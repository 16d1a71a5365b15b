package import AccessLedger
import Foundation
import RegistryClients
package import RegistryModel
package import RetentionPlanning

// The removal of least recently used images, down to a low mark.
extension EnginePruner {
    /// How much has to come back, and what lets it.
    package struct ImageRequest: Sendable {
        package var cause: Cleaner.Cause
        /// Those of the engine, in order.
        package var policies: [Policy]
        package var needed: Int64
        /// How long the use of images is remembered.
        package var history: Span
        /// Measures anew what is still needed.
        package var remaining: @Sendable () async -> Int64?
        /// What is not begun when this is raised stays.
        package var interruption = Interruption()

        package init(
            cause: Cleaner.Cause,
            policies: [Policy],
            needed: Int64,
            history: Span,
            remaining: @escaping @Sendable () async -> Int64?
        ) {
            self.cause = cause
            self.policies = policies
            self.needed = needed
            self.history = history
            self.remaining = remaining
        }
    }

    /// Plans, stores and, where policies enforce and no brake holds it, carries out: after each image
    /// it is measured anew, and the rest stays once the mark is reached.
    package func clean(_ request: ImageRequest, of target: EngineTarget) async throws -> RunRecord {
        let lock = try lock(target)
        defer { withExtendedLifetime(lock) {} }
        try await finishCutOff(target)
        let (plan, inventory) = try await request.interruption.run {
            try await self.imagePlan(request, of: target)
        }
        var run = try newRun(request.cause, of: target)
        run.engine = plan.items
        run.kept = plan.kept.values.reduce(0, +)
        run.keptReasons = plan.kept
        run.fingerprint = Self.fingerprint(of: plan.items)
        let isEnforced = run.engine.contains(where: \.isEnforced)
        guard isEnforced else { return try await observe(run, request, target) }
        if let brake = Self.brakeHit(run.engine, inventory, request.policies) {
            if let waiting = try await waiting(run) { return waiting }
            run.state = .waiting
            run.note = "\(brake); `lastpull approve \(run.name)` carries it out"
            try await ledger.create(
                run,
                announcing: [announcement(of: run, target)],
                endsOlder: true
            )
            return run
        }
        var work = EngineWork(
            target: target,
            run: run,
            filters: EngineFilters(),
            usage: inventory.usage,
            interruption: request.interruption
        )
        work.endsOlder = true
        work.isEnough = { (await request.remaining() ?? 1) <= 0 }
        return try await carryOut(work)
    }

    /// Carries out a plan that a brake holds: what a fresh plan would also remove.
    package func approve(
        _ name: RunName,
        of target: EngineTarget,
        policies: [Policy],
        history: Span,
        interruption: Interruption = Interruption()
    ) async throws -> RunRecord {
        let lock = try lock(target)
        defer { withExtendedLifetime(lock) {} }
        guard var run = try await ledger.run(name) else {
            throw CleanupError.unknownRun(name.description)
        }
        try await ledger.checkApproval(of: run)
        if let doubt = try await clock.doubt(at: now()) {
            throw CleanupError.clockInDoubt(run: name, why: "\(doubt)")
        }
        let request = ImageRequest(
            cause: .init(name: run.cause),
            policies: policies,
            needed: .max,
            history: history,
            remaining: { nil }
        )
        let (fresh, inventory) = try await imagePlan(request, of: target)
        let still = Set(fresh.items.filter(\.isEnforced).map(\.subject))
        for item in run.engine where !still.contains(item.subject) {
            let detail = "a fresh plan would not remove it"
            try await ledger.set(.skipped, of: item, in: name, detail: detail, at: now())
        }
        run = try await ledger.run(name) ?? run
        let work = EngineWork(
            target: target,
            run: run,
            filters: EngineFilters(),
            usage: inventory.usage,
            interruption: interruption
        )
        return try await carryOut(work, isStored: true)
    }

    private func imagePlan(
        _ request: ImageRequest,
        of target: EngineTarget
    ) async throws -> (EnginePlanner.Draft, EngineInventory) {
        let inventory = try await EngineInventory(of: target.client)
        // What nobody has listed yet counts from now on.
        try await ledger.listed(
            inventory.images.map(\.id),
            inUse: inventory.imagesInUse(),
            of: target.row,
            isGap: false,
            history: request.history,
            at: now()
        )
        let uses = try await ledger.uses(of: target.row)
        var planner = EnginePlanner(inventory, of: target.row, now: now())
        let plan = planner.leastRecentlyUsed(uses, request.policies, needed: request.needed)
        return (plan, inventory)
    }

    /// Stores and announces what an observing policy would remove, once for each such plan.
    private func observe(
        _ run: RunRecord,
        _ request: ImageRequest,
        _ target: EngineTarget
    ) async throws -> RunRecord {
        var run = run
        run.state = .planned
        run.endedAt = now()
        guard !run.engine.isEmpty else {
            run.note = "nothing may go: \(Self.reasons(run.keptReasons))"
            return run
        }
        run.mode = Policy.Mode.observe.rawValue
        run.note = "the policy observes; nothing is removed"
        let isKnown = try await ledger.isHeld(
            run.fingerprint,
            ofCause: run.cause,
            in: .planned
        )
        if isKnown { return run }
        try await ledger.create(run, announcing: [announcement(of: run, target)])
        return run
    }

    private func waiting(_ run: RunRecord) async throws -> RunRecord? {
        try await ledger.waitingRun(run.fingerprint, ofCause: run.cause, scope: run.scope)
    }

    private func announcement(of run: RunRecord, _ target: EngineTarget) -> PruneEvent {
        PruneEvent(
            type: "engine",
            action: run.state == .waiting ? "waiting" : "plan",
            actor: target.name,
            attributes: [
                "engine": target.name, "run": run.name.description, "trigger": run.cause,
                "measured": run.measured, "mode": run.mode, "items": "\(run.engine.count)",
                "released": "\(run.engine.reduce(0) { $0 + $1.bytes })", "note": run.note,
            ],
            time: run.createdAt
        )
    }

    static func reasons(_ kept: [String: Int]) -> String {
        kept.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    private static func fingerprint(of items: [EngineItem]) -> String {
        let text = items.map { "\($0.kind) \($0.subject) \($0.names.joined(separator: " "))" }
            .sorted().joined(separator: "\n")
        return Digest(hashing: Array(text.utf8)).description
    }

    /// Why the plan waits for approval, or nil.
    static func brakeHit(
        _ items: [EngineItem],
        _ inventory: EngineInventory,
        _ policies: [Policy]
    ) -> String? {
        for policy in policies {
            let count = items.count { $0.isEnforced && $0.policy == policy.name }
            if let most = policy.brake.items, count > most {
                return "brake: \(count) images go, at most \(most) without approval"
            }
            let share = 100 * Double(count) / Double(max(1, inventory.measuredImages.count))
            if let most = policy.brake.share, share > most {
                return "brake: \(Int(share.rounded())) % of the images go, at most "
                    + "\(Int(most.rounded())) % without approval"
            }
        }
        return nil
    }
}
